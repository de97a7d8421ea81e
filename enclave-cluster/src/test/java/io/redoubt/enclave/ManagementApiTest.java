package io.redoubt.enclave;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.enclave.testing.Answer;
import io.redoubt.enclave.testing.ApiDescription;
import io.redoubt.enclave.testing.EnclaveFixture;
import io.redoubt.enclave.testing.Http;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The management server is what its description says. */
class ManagementApiTest {
  private static final List<String> PATHS =
      List.of("/alive", "/ready", "/metrics", "/v1/cluster", "/openapi.json");

  private final EnclaveFixture fixture = EnclaveFixture.shared();
  private final ApiDescription api = new ApiDescription(Http.get(at("/openapi.json")).json());

  private URI at(String path) {
    return fixture.enclave().managementUrl().resolve(path);
  }

  @Test
  void theDescriptionNamesWhatIsRoutedAndNothingElse() {
    var described = new ArrayList<String>();
    api.document().path("paths").fieldNames().forEachRemaining(described::add);

    assertThat(described).containsExactlyInAnyOrderElementsOf(PATHS);
    for (String path : PATHS) {
      assertThat(Http.get(at(path)).status())
          .as(path)
          .isEqualTo(path.equals("/v1/cluster") ? 401 : 200);
      assertThat(Http.post(at(path), Map.of()).status()).as(path).isEqualTo(405);
    }
    assertThat(Http.get(at("/v1/other")).status()).isEqualTo(404);
  }

  @Test
  void answersAreOfTheDescribedForm() {
    api.describes(Http.get(at("/alive")));
    api.describes(Http.get(at("/ready")));
    api.describes(cluster("Bearer nonsense"));
    api.describes(cluster("Bearer " + fixture.operatorToken("agents:read")));
    Answer seen = cluster("Bearer " + fixture.operatorToken("enclaves:read"));
    api.describes(seen);
    assertThat(seen.status()).isEqualTo(200);
    assertThat(seen.json().required("nodes")).hasSize(1);
  }

  private Answer cluster(String authorization) {
    return Http.get(at("/v1/cluster"), "Authorization", authorization);
  }
}
