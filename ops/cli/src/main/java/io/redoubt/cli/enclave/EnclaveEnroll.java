package io.redoubt.cli.enclave;

import com.fasterxml.jackson.databind.JsonNode;
import io.redoubt.cli.session.Session;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Enrolls an enclave and shows its API key, once. */
@Command(name = "enroll", description = "Enroll an enclave; its API key is shown once.")
public final class EnclaveEnroll implements Callable<Integer> {
  @Parameters(paramLabel = "NAME", description = "What people call it.")
  String name = "";

  private final Session session;

  EnclaveEnroll(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    JsonNode answer = session.operator().post(EnclaveCommand.PATH, Map.of("name", name));
    session
        .output()
        .say(
            answer,
            """
            Enrolled %s (%s).

            API key, shown only now:
              %s\
            """
                .formatted(
                    answer.at("/enclave/name").asText(),
                    answer.at("/enclave/id").asText(),
                    answer.path("api_key").asText()));
    return 0;
  }
}
