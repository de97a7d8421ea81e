package io.redoubt.multinode.product;

/** What {@link Parrot} says, in each style. */
final class Said {
  private Said() {}

  /**
   * A reply.
   *
   * @param text without what JSON would escape
   */
  static String reply(String path, boolean streamed, String text) {
    String template =
        switch (path) {
          case "/v1/messages" -> streamed ? MESSAGE_EVENTS : MESSAGE;
          case "/v1/chat/completions" -> streamed ? CHAT_EVENTS : CHAT;
          case "/v1/responses" -> streamed ? RESPONSE_EVENTS : "{WHOLE}";
          default -> throw new IllegalArgumentException("nothing is said at " + path);
        };
    int middle = text.length() / 2;
    return template
        .replace("WHOLE", WHOLE)
        .replace("HEAD", HEAD)
        .replace("TEXT", TEXT_ITEM)
        .replace("FIRST", FIRST_ITEM)
        .replace("SECOND", SECOND_ITEM)
        .replace("{said}", text)
        .replace("{one half}", text.substring(0, middle))
        .replace("{the other}", text.substring(middle));
  }

  private static final String MESSAGE =
      """
      {"id":"msg_1","type":"message","role":"assistant","model":"parrot","content":[
        {"type":"text","text":"{said}"},
        {"type":"tool_use","id":"toolu_1","name":"look_up","input":{"note":"{said}"}},
        {"type":"tool_use","id":"toolu_2","name":"transfer","input":{"amount":7000,"note":"{said}"}}],
       "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":9}}
      """;

  private static final String MESSAGE_EVENTS =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"parrot","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{one half}"}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{the other}"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: content_block_start
      data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"look_up","input":{}}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"note\\":\\"{one half}"}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{the other}\\"}"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":1}

      event: content_block_start
      data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_2","name":"transfer","input":{}}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\\"amount\\":7000,\\"note\\":\\"{said}\\"}"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":2}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  private static final String CHAT =
      """
      {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"parrot","choices":[
        {"index":0,"finish_reason":"tool_calls","logprobs":null,"message":{"role":"assistant","content":"{said}","refusal":null,"tool_calls":[
          {"id":"call_1","type":"function","function":{"name":"look_up","arguments":"{\\"note\\":\\"{said}\\"}"}},
          {"id":"call_2","type":"function","function":{"name":"transfer","arguments":"{\\"amount\\":7000,\\"note\\":\\"{said}\\"}"}}]}}],
       "usage":{"prompt_tokens":3,"completion_tokens":9,"total_tokens":12}}
      """;

  private static final String CHAT_EVENTS =
      """
      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"parrot","choices":[{"index":0,"delta":{"role":"assistant","content":"{one half}"},"finish_reason":null}]}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"parrot","choices":[{"index":0,"delta":{"content":"{the other}"},"finish_reason":null}]}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"parrot","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"look_up","arguments":""}}]},"finish_reason":null}]}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"parrot","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"note\\":\\"{said}\\"}"}}]},"finish_reason":null}]}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"parrot","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"transfer","arguments":"{\\"amount\\":7000,\\"note\\":\\"{said}\\"}"}}]},"finish_reason":null}]}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"parrot","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

      data: [DONE]

      """;

  private static final String TEXT_ITEM =
      """
      {"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"{said}"}]}\
      """;

  private static final String FIRST_ITEM =
      """
      {"id":"fc_1","type":"function_call","status":"completed","arguments":"{\\"note\\":\\"{said}\\"}","call_id":"call_1","name":"look_up"}\
      """;

  private static final String SECOND_ITEM =
      """
      {"id":"fc_2","type":"function_call","status":"completed","arguments":"{\\"amount\\":7000,\\"note\\":\\"{said}\\"}","call_id":"call_2","name":"transfer"}\
      """;

  private static final String HEAD =
      """
      "id":"resp_1","object":"response","created_at":1,"model":"parrot","parallel_tool_calls":true,"temperature":1.0,"top_p":1.0,"tool_choice":"auto","tools":[],"error":null,"incomplete_details":null,"instructions":null,"metadata":{}\
      """;

  private static final String WHOLE =
      """
      HEAD,"status":"completed","output":[TEXT,FIRST,SECOND],"usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":0},"output_tokens":9,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":12}\
      """;

  private static final String RESPONSE_EVENTS =
      """
      event: response.created
      data: {"type":"response.created","sequence_number":0,"response":{HEAD,"status":"in_progress","output":[],"usage":null}}

      event: response.output_item.added
      data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}}

      event: response.content_part.added
      data: {"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}}

      event: response.output_text.delta
      data: {"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"{one half}","logprobs":[]}

      event: response.output_text.delta
      data: {"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"{the other}","logprobs":[]}

      event: response.output_text.done
      data: {"type":"response.output_text.done","sequence_number":5,"item_id":"msg_1","output_index":0,"content_index":0,"text":"{said}","logprobs":[]}

      event: response.content_part.done
      data: {"type":"response.content_part.done","sequence_number":6,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":"{said}"}}

      event: response.output_item.done
      data: {"type":"response.output_item.done","sequence_number":7,"output_index":0,"item":TEXT}

      event: response.output_item.added
      data: {"type":"response.output_item.added","sequence_number":8,"output_index":1,"item":{"id":"fc_1","type":"function_call","status":"in_progress","arguments":"","call_id":"call_1","name":"look_up"}}

      event: response.function_call_arguments.delta
      data: {"type":"response.function_call_arguments.delta","sequence_number":9,"item_id":"fc_1","output_index":1,"delta":"{\\"note\\":\\"{said}\\"}"}

      event: response.function_call_arguments.done
      data: {"type":"response.function_call_arguments.done","sequence_number":10,"item_id":"fc_1","name":"look_up","output_index":1,"arguments":"{\\"note\\":\\"{said}\\"}"}

      event: response.output_item.done
      data: {"type":"response.output_item.done","sequence_number":11,"output_index":1,"item":FIRST}

      event: response.output_item.added
      data: {"type":"response.output_item.added","sequence_number":12,"output_index":2,"item":{"id":"fc_2","type":"function_call","status":"in_progress","arguments":"","call_id":"call_2","name":"transfer"}}

      event: response.function_call_arguments.delta
      data: {"type":"response.function_call_arguments.delta","sequence_number":13,"item_id":"fc_2","output_index":2,"delta":"{\\"amount\\":7000,\\"note\\":\\"{said}\\"}"}

      event: response.function_call_arguments.done
      data: {"type":"response.function_call_arguments.done","sequence_number":14,"item_id":"fc_2","name":"transfer","output_index":2,"arguments":"{\\"amount\\":7000,\\"note\\":\\"{said}\\"}"}

      event: response.output_item.done
      data: {"type":"response.output_item.done","sequence_number":15,"output_index":2,"item":SECOND}

      event: response.completed
      data: {"type":"response.completed","sequence_number":16,"response":{WHOLE}}

      """;
}
