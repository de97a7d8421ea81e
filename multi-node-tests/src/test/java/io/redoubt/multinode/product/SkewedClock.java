package io.redoubt.multinode.product;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.instruction.ReturnInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.time.Clock;
import java.time.Duration;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;

/**
 * A Java agent that sets the clock of one JVM wrong: every {@link Clock} of the system, and so
 * everything that the product knows of the time of day.
 */
public final class SkewedClock {
  private static final String OFFSET = "skewed-clock.offset-millis";
  private static final ClassDesc INSTANT = ClassDesc.of("java.time.Instant");

  private SkewedClock() {}

  /** The option of a JVM whose clock is ahead by that much, or behind. */
  public static String option(Path directory, Duration ahead) {
    return "-javaagent:" + jar(directory) + "=" + ahead.toMillis();
  }

  /** What a JVM loads, made once in each directory. */
  static Path jar(Path directory) {
    Path jar = directory.resolve("skewed-clock.jar");
    if (Files.exists(jar)) {
      return jar;
    }
    var manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", SkewedClock.class.getName());
    manifest.getMainAttributes().putValue("Agent-Class", SkewedClock.class.getName());
    manifest.getMainAttributes().putValue("Can-Retransform-Classes", "true");
    try (var out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
      put(out, SkewedClock.class);
      put(out, Skewing.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return jar;
  }

  private static void put(JarOutputStream out, Class<?> type) throws IOException {
    String entry = type.getName().replace('.', '/') + ".class";
    try (var code = type.getClassLoader().getResourceAsStream(entry)) {
      if (code == null) {
        throw new IllegalStateException(entry + " is not on the class path");
      }
      out.putNextEntry(new JarEntry(entry));
      code.transferTo(out);
      out.closeEntry();
    }
  }

  /** Called by the JVM before anything else. */
  public static void premain(String millis, Instrumentation jvm) throws UnmodifiableClassException {
    agentmain(millis, jvm);
  }

  /** Called by a JVM that is told to while it runs, each time. */
  public static void agentmain(String millis, Instrumentation jvm)
      throws UnmodifiableClassException {
    boolean first = System.getProperty(OFFSET) == null;
    System.setProperty(OFFSET, millis);
    if (first) {
      jvm.addTransformer(new Skewing(), true);
      jvm.retransformClasses(Clock.class);
    }
  }

  private static final class Skewing implements ClassFileTransformer {
    @Override
    public byte @Nullable [] transform(
        @Nullable ClassLoader loader,
        String name,
        @Nullable Class<?> type,
        @Nullable ProtectionDomain domain,
        byte[] code) {
      return name.equals("java/time/Clock") ? skewed(code) : null;
    }
  }

  /** Whatever the JVM says the instant is, so many milliseconds later. */
  private static byte[] skewed(byte[] code) {
    CodeTransform later =
        (builder, element) -> {
          if (element instanceof ReturnInstruction) {
            builder
                .loadConstant(OFFSET)
                .invokestatic(
                    ConstantDescs.CD_Long,
                    "getLong",
                    MethodTypeDesc.of(ConstantDescs.CD_Long, ConstantDescs.CD_String))
                .invokevirtual(
                    ConstantDescs.CD_Long, "longValue", MethodTypeDesc.of(ConstantDescs.CD_long))
                .invokevirtual(
                    INSTANT, "plusMillis", MethodTypeDesc.of(INSTANT, ConstantDescs.CD_long));
          }
          builder.with(element);
        };
    return ClassFile.of()
        .transformClass(
            ClassFile.of().parse(code),
            ClassTransform.transformingMethodBodies(
                method -> method.methodName().equalsString("currentInstant"), later));
  }
}
