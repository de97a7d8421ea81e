package io.redoubt.proxy.llm.reply;

/** What an event is: some clients go by its name, some by the type that its data states. */
final class EventTypes {
  private EventTypes() {}

  /** Its type; empty: it states none. Both must agree. */
  static String of(ServerSentEvent event, JsonSpan data) {
    if (!data.is(JsonSpan.Kind.OBJECT)) {
      CallShapes.requireNoneIn(data);
      return "";
    }
    var type = data.textIfAny("type");
    var name = event.name();
    if (name != null && !name.equals(type)) {
      throw new Unintelligible("the name of an event is not the type in its data");
    }
    return type;
  }
}
