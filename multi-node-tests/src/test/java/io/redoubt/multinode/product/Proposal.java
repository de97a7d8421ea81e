package io.redoubt.multinode.product;

/**
 * Replies that propose two calls of the tool {@code transfer}: of a small sum and of a large one.
 */
final class Proposal {
  private Proposal() {}

  static String reply(boolean anthropic, boolean streamed) {
    if (streamed) {
      return anthropic ? MESSAGE_EVENTS : CHAT_EVENTS;
    }
    return anthropic ? MESSAGE : CHAT;
  }

  private static final String MESSAGE =
      """
      {"id":"msg_1","type":"message","role":"assistant","model":"recorded","content":[
        {"type":"text","text":"Two transfers."},
        {"type":"tool_use","id":"toolu_small","name":"transfer","input":{"amount":7}},
        {"type":"tool_use","id":"toolu_large","name":"transfer","input":{"amount":7000}}],
       "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":9}}
      """;

  private static final String CHAT =
      """
      {"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"recorded","choices":[
        {"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"Two transfers.","tool_calls":[
          {"id":"call_small","type":"function","function":{"name":"transfer","arguments":"{\\"amount\\":7}"}},
          {"id":"call_large","type":"function","function":{"name":"transfer","arguments":"{\\"amount\\":7000}"}}]}}],
       "usage":{"prompt_tokens":3,"completion_tokens":9,"total_tokens":12}}
      """;

  private static final String MESSAGE_EVENTS =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"recorded","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_small","name":"transfer","input":{}}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\\"amount\\""}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":":7}"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: content_block_start
      data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_large","name":"transfer","input":{}}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"amount\\":7000}"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":1}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  private static final String CHAT_EVENTS =
      """
      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"recorded","choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_small","type":"function","function":{"name":"transfer","arguments":""}}]},"finish_reason":null}]}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"recorded","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"amount\\":7}"}}]},"finish_reason":null}]}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"recorded","choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_large","type":"function","function":{"name":"transfer","arguments":"{\\"amount\\":7000}"}}]},"finish_reason":null}]}

      data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"recorded","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

      data: [DONE]

      """;
}
