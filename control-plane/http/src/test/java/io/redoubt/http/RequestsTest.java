package io.redoubt.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestsTest {
  private static final Duration MOST = Duration.ofSeconds(60);

  private static HttpRequest preferring(String... preferences) {
    var headers = new ArrayList<HttpHeader>();
    for (String preference : preferences) {
      headers.add(RawHeader.create("Prefer", preference));
    }
    return HttpRequest.GET("/").withHeaders(headers);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "wait=7 | 7",
        "WAIT=7 | 7",
        "respond-async, Wait = \"7\"; x=1 | 7",
        "wait=0 | 0",
        "wait=007 | 7",
        "wait=59 | 59",
        "wait=61 | 60",
        "wait=99999999999999999999999 | 60"
      })
  void aCallerWaitsAsLongAsItSaysAndNoLongerThanItMay(String preference, long seconds) {
    assertThat(Requests.preferredWait(preferring(preference), MOST))
        .hasValue(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "wait", "wait=", "wait=-1", "wait=1.5", "await=7", "wait=7s"})
  void whatCannotBeUnderstoodIsNoWish(String preference) {
    assertThat(Requests.preferredWait(preferring(preference), MOST)).isEmpty();
  }

  /** Or a request of a megabyte would keep a processor for minutes. */
  @Test
  void whoSaysMuchIsReadOnce() {
    String much = "wait=" + "0".repeat(16_000);
    var all = new String[64];
    Arrays.fill(all, much + "x");

    assertThat(Requests.preferredWait(preferring(all), MOST)).isEmpty();
    assertThat(Requests.preferredWait(preferring(much + "1"), MOST))
        .hasValue(Duration.ofSeconds(1));
  }

  @Test
  void ofSeveralTheFirstCounts() {
    var request = preferring("respond-async", "wait=3", "wait=9");

    assertThat(Requests.preferredWait(request, MOST)).hasValue(Duration.ofSeconds(3));
  }
}
