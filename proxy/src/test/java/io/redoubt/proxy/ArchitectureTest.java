package io.redoubt.proxy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What Maven cannot see. */
@AnalyzeClasses(packages = "io.redoubt.proxy", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  /** Buffers that somebody must give back go no further than where they are read and written. */
  @ArchTest
  static final ArchRule nettyStaysWithTheConnections =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.redoubt.proxy.upstream")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.netty..");

  @ArchTest
  static final ArchRule connectionsKnowNothingOfWhatGoesOverThem =
      noClasses()
          .that()
          .resideInAPackage("io.redoubt.proxy.upstream")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.redoubt.proxy.llm..", "io.redoubt.proxy.authenticate..");
}
