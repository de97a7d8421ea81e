package io.redoubt.http;

import java.util.concurrent.ExecutionException;
import org.apache.pekko.dispatch.Futures;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.javadsl.server.directives.RouteAdapter;

/**
 * A route whose every failure ends in an answer. Pekko takes some errors for the end of the process
 * (a stack overflow, a class that is missing) and leaves the caller without an answer; here they
 * concern one request, which is answered 500 and logged like any other failure. A process that is
 * out of memory ends all the same, wherever that is noticed: its JVM is started so that it exits.
 */
final class Guarded {
  private Guarded() {}

  static Route route(Route inner) {
    var delegate = inner.asScala();
    return RouteAdapter.asJava(context -> {
      try {
        return delegate.apply(context);
      } catch (Error e) {
        // In the guise of an exception, as futures carry errors.
        return Futures.failed(new ExecutionException(e));
      }
    });
  }
}
