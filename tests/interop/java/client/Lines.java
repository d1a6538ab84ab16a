import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** One JSON object a line on standard output, whole lines only, whoever prints. */
final class Lines {
    private static final PrintStream OUT =
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);

    private Lines() {
    }

    /** Prints an object of alternating names and values; a null value is left out. */
    static void print(String event, Object... pairs) {
        StringBuilder line = new StringBuilder("{\"event\":").append(quote(event));
        for (int i = 0; i < pairs.length; i += 2) {
            if (pairs[i + 1] != null) {
                line.append(',').append(quote((String) pairs[i])).append(':').append(value(pairs[i + 1]));
            }
        }
        synchronized (OUT) {
            OUT.append(line).append("}\n");
            OUT.flush();
        }
    }

    /** The first 16 hex digits of SHA-256: enough to tell one body from another. */
    static String hash(byte[] body) throws Exception {
        StringBuilder text = new StringBuilder();
        for (byte octet : MessageDigest.getInstance("SHA-256").digest(body)) {
            text.append(String.format("%02x", octet));
        }
        return text.substring(0, 16);
    }

    private static String value(Object value) {
        return value instanceof Number ? value.toString() : quote(value.toString());
    }

    private static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char letter : text.toCharArray()) {
            if (letter == '"' || letter == '\\' || letter < ' ') {
                quoted.append(String.format("\\u%04x", (int) letter));
            } else {
                quoted.append(letter);
            }
        }
        return quoted.append('"').toString();
    }
}
