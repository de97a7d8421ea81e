package io.redoubt.proxy.judge;

/** Why no answer was had of a model, in words for those who are asked next. */
final class NoAnswer extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * No answer.
   *
   * @param code for the record of the call: short and stable
   */
  NoAnswer(String why, String code) {
    super(why, null, false, false);
    this.code = code;
  }

  /** Where nothing was sent. */
  NoAnswer(String why) {
    this(why, "not-sent");
  }

  String code() {
    return code;
  }

  String why() {
    return String.valueOf(getMessage());
  }
}
