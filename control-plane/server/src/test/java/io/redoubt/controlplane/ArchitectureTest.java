package io.redoubt.controlplane;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What Maven cannot see. */
@AnalyzeClasses(
    packages = "io.redoubt.controlplane",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule routesKnowNothingOfTheDatabase =
      noClasses()
          .that()
          .haveSimpleNameEndingWith("Routes")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.jdbi..", "java.sql..");

  @ArchTest
  static final ArchRule featuresDependOnEachOtherInOneDirection =
      slices().matching("io.redoubt.controlplane.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule domainTypesCarryNoHttp =
      noClasses()
          .that()
          .resideInAPackage("io.redoubt.controlplane.(*)..")
          .and()
          .haveSimpleNameNotEndingWith("Routes")
          .and()
          .resideOutsideOfPackages(
              "io.redoubt.controlplane.operator", "io.redoubt.controlplane.link")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.pekko.http..");
}
