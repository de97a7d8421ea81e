package io.redoubt.proxy.llm.reply;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;
import org.apache.pekko.util.ByteString;

/** Changes to some values of a document; every byte beside them stays. */
final class Edits {
  private record Change(int end, ByteString insert) {}

  private final TreeMap<Integer, Change> changes = new TreeMap<>();

  boolean isEmpty() {
    return changes.isEmpty();
  }

  Edits replace(JsonSpan value, byte[] with) {
    changes.put(value.start(), new Change(value.end(), ByteString.fromArrayUnsafe(with)));
    return this;
  }

  Edits replace(JsonSpan value, String with) {
    return replace(value, with.getBytes(StandardCharsets.UTF_8));
  }

  /** Takes a member out of its object, if it is there, and the comma with it. */
  Edits remove(JsonSpan object, String name) {
    var member = object.members().get(name);
    if (member == null) {
      return this;
    }
    var all = List.copyOf(object.members().values());
    int at = all.indexOf(member);
    int start = member.start();
    int end = member.value().end();
    if (at > 0) {
      start = all.get(at - 1).value().end();
    } else if (all.size() > 1) {
      end = all.get(1).start();
    }
    return cut(start, end);
  }

  /** Puts a member in front of the others of an object, which has at least one. */
  Edits insertFirst(JsonSpan object, String member) {
    int at = object.start() + 1;
    changes.put(at, new Change(at, ByteString.fromString(member + ",")));
    return this;
  }

  /** Gives a member of an object that value, whether or not it has one. */
  Edits put(JsonSpan object, String name, String value) {
    var member = object.members().get(name);
    if (member != null) {
      return replace(member.value(), value);
    }
    String inserted = ReplyJson.quoted(name) + ":" + value;
    return object.members().isEmpty()
        ? replace(object, "{" + inserted + "}")
        : insertFirst(object, inserted);
  }

  Edits cut(int from, int to) {
    changes.put(from, new Change(to, ByteString.emptyByteString()));
    return this;
  }

  byte[] applyTo(byte[] document) {
    var out = new ByteArrayOutputStream(document.length + 64);
    int from = 0;
    for (var each : changes.entrySet()) {
      if (each.getKey() < from) {
        throw new IllegalStateException("a change within a change");
      }
      out.write(document, from, each.getKey() - from);
      out.writeBytes(each.getValue().insert().toArrayUnsafe());
      from = each.getValue().end();
    }
    out.write(document, from, document.length - from);
    return out.toByteArray();
  }
}
