package io.redoubt.cli.policy;

import io.redoubt.cli.api.Query;
import picocli.CommandLine.Command;

/** The commands about content policies. */
@Command(
    name = "content-policy",
    description = {
      "Say what is done about personal data, secrets and other findings, and which models may be used.",
      "There are three layers: the platform, the organization, and agents (one, or those with a label).",
      "The platform's decides at once; the others belong to the draft: see `redoubt policy publish`."
    },
    subcommands = {
      ContentPolicyList.class,
      ContentPolicyShow.class,
      ContentPolicySet.class,
      ContentPolicyDelete.class,
      ContentPolicyEffective.class
    })
public final class ContentPolicyCommand {
  static final String PATH = "/api/v1/content-policies";
  static final String PLATFORM = "platform";
  static final String SCOPE =
      "platform, organization, an agent's id, or a label such as team=payments.";

  static String path(String scope) {
    return PATH + "/" + Query.encode(scope);
  }
}
