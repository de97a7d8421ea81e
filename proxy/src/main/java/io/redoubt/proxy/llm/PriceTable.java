package io.redoubt.proxy.llm;

import com.fasterxml.jackson.core.JacksonException;
import io.redoubt.protocol.json.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** List prices of the providers' models, and those that the configuration puts in their place. */
final class PriceTable {
  private static final String RESOURCE = "prices.json";

  private record Document(String asOf, String unit, List<String> sources, List<Price> models) {}

  /** Overrides first, then the longest name first: the first that fits is the one. */
  private final List<Price> prices;

  private PriceTable(List<Price> prices) {
    this.prices = prices;
  }

  static PriceTable with(List<Price> overrides) {
    var longestFirst = Comparator.comparingInt((Price price) -> -price.model().length());
    var all = new ArrayList<>(overrides.stream().sorted(longestFirst).toList());
    all.addAll(builtIn().stream().sorted(longestFirst).toList());
    return new PriceTable(List.copyOf(all));
  }

  /** The price of a model; empty if nothing is known of it. */
  Optional<Price> of(String model) {
    for (Price price : prices) {
      if (price.isOf(model)) {
        return Optional.of(price);
      }
    }
    return Optional.empty();
  }

  private static List<Price> builtIn() {
    try (var resource = PriceTable.class.getResourceAsStream(RESOURCE)) {
      return Json.STRICT.readValue(resource, Document.class).models();
    } catch (JacksonException e) {
      throw new IllegalStateException(RESOURCE + " is not as it should be", e);
    } catch (IOException e) {
      throw new IllegalStateException(RESOURCE + " cannot be read", e);
    }
  }
}
