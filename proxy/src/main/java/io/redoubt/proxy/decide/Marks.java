package io.redoubt.proxy.decide;

import io.redoubt.protocol.audit.Verdict;
import io.redoubt.protocol.id.ActionId;
import java.util.List;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;

/** The header lines by which every answer says what was decided, and under which action. */
public final class Marks {
  public static final HttpHeader PERMIT = RawHeader.create("x-redoubt-decision", "permit");
  public static final HttpHeader DENY = RawHeader.create("x-redoubt-decision", "deny");
  public static final HttpHeader ESCALATE = RawHeader.create("x-redoubt-decision", "escalate");
  public static final HttpHeader SIMULATED = RawHeader.create("x-redoubt-simulated", "true");

  private Marks() {}

  public static HttpHeader of(Verdict verdict) {
    return switch (verdict) {
      case PERMIT -> PERMIT;
      case DENY -> DENY;
      case ESCALATE -> ESCALATE;
    };
  }

  public static void add(List<HttpHeader> headers, HttpHeader decision, ActionId action) {
    headers.add(decision);
    headers.add(RawHeader.create("x-redoubt-action", action.toString()));
  }
}
