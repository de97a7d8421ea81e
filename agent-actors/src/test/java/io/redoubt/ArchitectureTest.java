package io.redoubt;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What Maven cannot see. */
class ArchitectureTest {
  private static final JavaClasses MODULE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
          .importPackages("io.redoubt");

  @Test
  void statesNeverTouchPekko() {
    noClasses()
        .that()
        .haveNameMatching(".*\\.(\\w+State|Isolations|Enrolment|RepeatRule|Proceedings)(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.pekko..")
        .check(MODULE);
  }

  @Test
  void timeComesFromAnInjectedClock() {
    noClasses().should().callMethod(Instant.class, "now").check(MODULE);
    noClasses().should().callMethod(Clock.class, "systemUTC").check(MODULE);
    noClasses().should().callMethod(System.class, "currentTimeMillis").check(MODULE);
  }

  @Test
  void featuresAreFreeOfCycles() {
    slices().matching("io.redoubt.(*)..").should().beFreeOfCycles().check(MODULE);
  }

  @Test
  void onlyFacadesConfigurationsAndPortsAreSeenFromOutside() {
    classes()
        .that()
        .haveSimpleNameEndingWith("Entity")
        .or()
        .haveSimpleNameEndingWith("State")
        .and()
        .resideInAnyPackage("io.redoubt.agent", "io.redoubt.family", "io.redoubt.approval")
        .should()
        .bePackagePrivate()
        .check(MODULE);
  }

  /**
   * Jackson does not discover what a sealed type permits: it writes the rest, and never reads it.
   */
  @Test
  void everyRootThatJacksonReadsNamesAllItsRecords() {
    var roots =
        MODULE.stream()
            .filter(each -> each.isAnnotatedWith(JsonTypeInfo.class))
            .map(JavaClass::reflect)
            .filter(Class::isInterface)
            .<Class<?>>map(each -> each)
            .toList();

    assertThat(roots).extracting(Class::getSimpleName).contains("Event", "AgentState");
    assertThat(roots).allSatisfy(ArchitectureTest::namesAll);
  }

  private static void namesAll(Class<?> root) {
    assertThat(root.isSealed()).as("%s is sealed", root).isTrue();
    List<Class<?>> named =
        Arrays.stream(root.getAnnotation(JsonSubTypes.class).value())
            .<Class<?>>map(JsonSubTypes.Type::value)
            .toList();
    assertThat(named)
        .as("records of %s", root)
        .containsExactlyInAnyOrder(root.getPermittedSubclasses());
    var names = named.stream().map(each -> each.getAnnotation(JsonTypeName.class).value()).toList();
    assertThat(new HashSet<>(names)).as("names in %s", root).hasSameSizeAs(names);
  }
}
