package io.redoubt.serialization;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import io.redoubt.protocol.net.IpLiteral;
import java.io.IOException;
import java.net.InetAddress;

/**
 * Writes an address as its digits and reads nothing but digits. Jackson's own way writes a host
 * name where one is known and asks the DNS when it reads one, inside an actor.
 */
public final class LiteralAddresses extends SimpleModule {
  private static final long serialVersionUID = 1L;

  public LiteralAddresses() {
    super("redoubt-literal-addresses");
    addSerializer(InetAddress.class, new Writer());
    addDeserializer(InetAddress.class, new Reader());
  }

  private static final class Writer extends StdScalarSerializer<InetAddress> {
    private static final long serialVersionUID = 1L;

    Writer() {
      super(InetAddress.class);
    }

    @Override
    public void serialize(InetAddress address, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      // From the bytes alone: without the name, and without the scope, which means nothing
      // elsewhere.
      json.writeString(InetAddress.getByAddress(address.getAddress()).getHostAddress());
    }
  }

  private static final class Reader extends StdScalarDeserializer<InetAddress> {
    private static final long serialVersionUID = 1L;

    Reader() {
      super(InetAddress.class);
    }

    @Override
    public InetAddress deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      String text = json.getValueAsString("");
      try {
        return IpLiteral.parse(text);
      } catch (IllegalArgumentException _) {
        return (InetAddress)
            context.handleWeirdStringValue(InetAddress.class, text, "not an address in digits");
      }
    }
  }
}
