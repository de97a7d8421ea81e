package io.redoubt.proxy.llm.reply;

import io.redoubt.proxy.llm.reply.ReplyGuard.Style;

/** Replies as the providers send them: some text, then two calls side by side. */
public final class Samples {
  public static final String FIRST_ARGUMENTS = "{\"path\": \"/etc/pässwd\"}";
  public static final String SECOND_ARGUMENTS = "{\"city\":\"Zürich\",\"days\":3}";

  private static final String MESSAGES =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"output_tokens":1}}       }

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      event: ping
      data: {"type": "ping"}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Let me look, with tool_use."}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: content_block_start
      data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"read_file","input":{}}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":""}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"path\\": \\"/etc/p"}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"ässwd\\"}"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":1}

      event: content_block_start
      data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"toolu_2","name":"weather","input":{}}}

      : a comment

      event: content_block_delta
      data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\\"city\\":\\"Zürich\\",\\"days\\":3}"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":2}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":89}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  private static final String CHAT =
      """
      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"usage":null}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":"Let me look."},"logprobs":null,"finish_reason":null}],"usage":null}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"read_file","arguments":""}}]},"logprobs":null,"finish_reason":null}],"usage":null}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"path\\": \\"/etc/p"}}]},"logprobs":null,"finish_reason":null}],"usage":null}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"ässwd\\"}"}}]},"logprobs":null,"finish_reason":null}],"usage":null}

      : a comment

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"weather","arguments":""}}]},"logprobs":null,"finish_reason":null}],"usage":null}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{\\"city\\":\\"Zürich\\",\\"days\\":3}"}}]},"logprobs":null,"finish_reason":null}],"usage":null}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}],"usage":null}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","choices":[],"usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29}}

      data: [DONE]

      """;

  private static final String RESPONSE_HEAD =
      """
      "id":"resp_1","object":"response","created_at":1700000000,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"max_tool_calls":null,"model":"gpt-4o","parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"store":true,"temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[{"type":"function","name":"read_file","description":null,"parameters":{"type":"object","properties":{"Type":{"type":"string"},"tool_calls":{"type":"object"}}},"strict":true}],"top_p":1.0,"truncation":"disabled","metadata":{}\
      """
          .strip();

  private static final String MESSAGE_ITEM =
      """
      {"id":"msg_1","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Let me look."}]}\
      """
          .strip();

  private static final String FIRST_ITEM =
      """
      {"id":"fc_1","type":"function_call","status":"completed","arguments":"{\\"path\\": \\"/etc/pässwd\\"}","call_id":"call_1","name":"read_file"}\
      """
          .strip();

  private static final String SECOND_ITEM =
      """
      {"id":"fc_2","type":"function_call","status":"completed","arguments":"{\\"city\\":\\"Zürich\\",\\"days\\":3}","call_id":"call_2","name":"weather"}\
      """
          .strip();

  private static final String RESPONSES =
      """
      event: response.created
      data: {"type":"response.created","sequence_number":0,"response":{HEAD,"status":"in_progress","output":[],"usage":null}}

      event: response.output_item.added
      data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}}

      event: response.content_part.added
      data: {"type":"response.content_part.added","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""}}

      event: response.output_text.delta
      data: {"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Let me look.","logprobs":[]}

      event: response.output_text.done
      data: {"type":"response.output_text.done","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":0,"text":"Let me look.","logprobs":[]}

      event: response.content_part.done
      data: {"type":"response.content_part.done","sequence_number":5,"item_id":"msg_1","output_index":0,"content_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":"Let me look."}}

      event: response.output_item.done
      data: {"type":"response.output_item.done","sequence_number":6,"output_index":0,"item":TEXT}

      event: response.output_item.added
      data: {"type":"response.output_item.added","sequence_number":7,"output_index":1,"item":{"id":"fc_1","type":"function_call","status":"in_progress","arguments":"","call_id":"call_1","name":"read_file"}}

      event: response.function_call_arguments.delta
      data: {"type":"response.function_call_arguments.delta","sequence_number":8,"item_id":"fc_1","output_index":1,"delta":"{\\"path\\": \\"/etc/p","obfuscation":"x"}

      event: response.function_call_arguments.delta
      data: {"type":"response.function_call_arguments.delta","sequence_number":9,"item_id":"fc_1","output_index":1,"delta":"ässwd\\"}","obfuscation":"x"}

      event: response.function_call_arguments.done
      data: {"type":"response.function_call_arguments.done","sequence_number":10,"item_id":"fc_1","name":"read_file","output_index":1,"arguments":"{\\"path\\": \\"/etc/pässwd\\"}"}

      event: response.output_item.done
      data: {"type":"response.output_item.done","sequence_number":11,"output_index":1,"item":FIRST}

      event: response.output_item.added
      data: {"type":"response.output_item.added","sequence_number":12,"output_index":2,"item":{"id":"fc_2","type":"function_call","status":"in_progress","arguments":"","call_id":"call_2","name":"weather"}}

      : a comment

      event: response.function_call_arguments.delta
      data: {"type":"response.function_call_arguments.delta","sequence_number":13,"item_id":"fc_2","output_index":2,"delta":"{\\"city\\":\\"Zürich\\",\\"days\\":3}"}

      event: response.function_call_arguments.done
      data: {"type":"response.function_call_arguments.done","sequence_number":14,"item_id":"fc_2","name":"weather","output_index":2,"arguments":"{\\"city\\":\\"Zürich\\",\\"days\\":3}"}

      event: response.output_item.done
      data: {"type":"response.output_item.done","sequence_number":15,"output_index":2,"item":SECOND}

      event: response.completed
      data: {"type":"response.completed","sequence_number":16,"response":{HEAD,"status":"completed","output":[TEXT,FIRST,SECOND],"usage":{"input_tokens":37,"input_tokens_details":{"cached_tokens":7},"output_tokens":11,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":48}}}

      """;

  private static final String MESSAGES_DOCUMENT =
      """
      {"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5",
       "content":[{"type":"text","text":"Let me look, with tool_use."},
         {"type":"tool_use","id":"toolu_1","name":"read_file","input":{"path": "/etc/pässwd"}},
         {"type":"tool_use","id":"toolu_2","name":"weather","input":{"city":"Zürich","days":3}}],
       "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":25,"output_tokens":89}}
      """;

  private static final String CHAT_DOCUMENT =
      """
      {"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"gpt-4o","choices":[
        {"index":0,"message":{"role":"assistant","content":"Let me look.","refusal":null,"tool_calls":[
          {"id":"call_1","type":"function","function":{"name":"read_file","arguments":"{\\"path\\": \\"/etc/pässwd\\"}"}},
          {"id":"call_2","type":"function","function":{"name":"weather","arguments":"{\\"city\\":\\"Zürich\\",\\"days\\":3}"}}]},
         "logprobs":null,"finish_reason":"tool_calls"}],
       "usage":{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29}}
      """;

  private static final String RESPONSES_DOCUMENT =
      "{HEAD,\"status\":\"completed\",\"output\":[TEXT, FIRST, SECOND],\"usage\":{\"input_tokens\":37,\"input_tokens_details\":{\"cached_tokens\":7},\"output_tokens\":11,\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":48}}";

  private Samples() {}

  public static String stream(Style style) {
    return switch (style) {
      case MESSAGES -> MESSAGES;
      case CHAT -> CHAT;
      case RESPONSES -> filled(RESPONSES);
    };
  }

  public static String document(Style style) {
    return switch (style) {
      case MESSAGES -> MESSAGES_DOCUMENT;
      case CHAT -> CHAT_DOCUMENT;
      case RESPONSES -> filled(RESPONSES_DOCUMENT);
    };
  }

  private static String filled(String template) {
    return template
        .replace("HEAD", RESPONSE_HEAD)
        .replace("TEXT", MESSAGE_ITEM)
        .replace("FIRST", FIRST_ITEM)
        .replace("SECOND", SECOND_ITEM);
  }
}
