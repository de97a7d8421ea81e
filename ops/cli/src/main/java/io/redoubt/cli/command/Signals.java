package io.redoubt.cli.command;

import java.lang.reflect.Proxy;
import java.util.function.Consumer;

/**
 * Catches signals. Java has no public API for that, and its compiler warns of the one that every
 * JDK ships ({@code sun.misc.Signal}, exported by {@code jdk.unsupported}) in a way that cannot be
 * acknowledged; hence by reflection.
 */
public final class Signals {
  private Signals() {}

  /** Hands the signal on by its name, such as {@code TERM}, instead of ending the program. */
  public static void on(String name, Consumer<String> handler) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handlerType},
              (self, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  handler.accept(name);
                  return null;
                }
                return switch (method.getName()) {
                  case "hashCode" -> System.identityHashCode(self);
                  case "equals" -> false;
                  default -> name;
                };
              });
      signal
          .getMethod("handle", signal, handlerType)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (ReflectiveOperationException | IllegalArgumentException _) {
      // The signal keeps its default: this program ends, and with it the helper.
    }
  }
}
