package io.redoubt.multinode.product;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * The packaged product as its next release: the same code under another version, by which nodes of
 * one cluster tell builds apart.
 */
public final class NextBuild {
  private static final String ENCLAVE = "redoubt-enclave-";

  private final Product product;
  private final Path launcher;
  private final String version;

  private NextBuild(Product product, Path launcher, String version) {
    this.product = product;
    this.launcher = launcher;
    this.version = version;
  }

  /** Makes one beside the product's data. */
  public static NextBuild of(Product product) {
    Path home = product.launcher().resolve("../..").normalize();
    try {
      Path next = Files.createTempDirectory(product.directory(), "next-");
      Path bin = Files.createDirectory(next.resolve("bin"));
      for (Path file : in(home.resolve("bin"))) {
        Files.copy(file, bin.resolve(file.getFileName()), StandardCopyOption.COPY_ATTRIBUTES);
      }
      Path lib = Files.createDirectory(next.resolve("lib"));
      String version = "";
      for (Path file : in(home.resolve("lib"))) {
        String name = file.getFileName().toString();
        if (name.startsWith(ENCLAVE)) {
          version = copyAsNext(file, lib.resolve(name));
        } else if (name.endsWith(".jar")) {
          Files.createSymbolicLink(lib.resolve(name), file);
        }
      }
      assertThat(version).as("the enclave's jar in %s", home).isNotEmpty();
      return new NextBuild(product, bin.resolve("redoubt"), version);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> in(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  /** Answers the version that the copy is of. */
  private static String copyAsNext(Path jar, Path copy) throws IOException {
    try (var original = new JarFile(jar.toFile())) {
      var manifest = new Manifest(original.getManifest());
      String version =
          next(manifest.getMainAttributes().getValue(Attributes.Name.IMPLEMENTATION_VERSION));
      manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, version);
      try (var out = new JarOutputStream(Files.newOutputStream(copy), manifest)) {
        for (JarEntry entry : Collections.list(original.entries())) {
          if (!entry.getName().equals(JarFile.MANIFEST_NAME)) {
            out.putNextEntry(new JarEntry(entry.getName()));
            original.getInputStream(entry).transferTo(out);
            out.closeEntry();
          }
        }
      }
      return version;
    }
  }

  /** One more in the last place. */
  private static String next(String version) {
    int place = version.lastIndexOf('.') + 1;
    return version.substring(0, place) + (Integer.parseInt(version.substring(place)) + 1);
  }

  /** As nodes of it say to the others. */
  public String version() {
    return version;
  }

  /** From its next start on the node is of this build, as the handbook says how. */
  public void replaces(Installation.Node node) {
    try {
      Files.writeString(
          product.directory().resolve("nodes").resolve(node.name()).resolve("local.conf"),
          "redoubt.up.launcher = \"" + launcher + "\"\n",
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
