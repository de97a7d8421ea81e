package io.redoubt.standalone;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.redoubt.cli.settings.ConfigFile;
import io.redoubt.cli.settings.RuntimeFile;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** No record prints a secret that it holds (G6). */
@AnalyzeClasses(packages = "io.redoubt", importOptions = ImportOption.DoNotIncludeTests.class)
class SecretTypesTest {
  private static final Pattern SECRET =
      Pattern.compile("token|(?i:.*(secret|password|api_?key|(access|refresh|bootstrap)_?token))");

  @ArchTest
  static final ArchRule secretsInRecordsAreOfTypesThatDoNotPrintThem =
      noFields()
          .that(
              DescribedPredicate.<JavaField>describe(
                  "have the name of a secret", field -> SECRET.matcher(field.getName()).matches()))
          .and()
          .areDeclaredInClassesThat()
          .areAssignableTo(Record.class)
          .and()
          // These two say themselves how they print.
          .areNotDeclaredIn(ConfigFile.class)
          .and()
          .areNotDeclaredIn(RuntimeFile.OperatorClient.class)
          .and()
          // What a token looks like, in words.
          .areNotDeclaredIn("io.redoubt.enclave.agentapi.DiscoverRoutes$Format")
          .should()
          .haveRawType(String.class);

  @Test
  void theFilesOfTheCommandLineDoNotPrintTheirSecret() {
    var client = new RuntimeFile.OperatorClient("cli_1", "hush");
    var file = new ConfigFile("http://x", "cli_1", "hush", null, null, null, null);

    assertThat(client.toString()).contains("cli_1").doesNotContain("hush");
    assertThat(file.toString()).contains("cli_1").doesNotContain("hush");
  }
}
