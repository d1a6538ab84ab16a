import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.rocketmq.common.message.Message;

/** One line of a plan: seq, kind, tag, key, size, property, split by tabs. The body is the key, repeated to size. */
final class Planned {
    final int seq;
    final String kind;
    private final String[] words;

    private Planned(String line) {
        words = line.split("\t", -1);
        seq = Integer.parseInt(words[0]);
        kind = words[1];
    }

    static List<Planned> read(String path) throws Exception {
        List<Planned> plan = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of(path), StandardCharsets.UTF_8)) {
            plan.add(new Planned(line));
        }
        return plan;
    }

    Message message(String topic) {
        Message message = new Message(topic, words[2].isEmpty() ? null : words[2], words[3], body());
        if (!words[5].isEmpty()) {
            message.putUserProperty("shape", words[5]);
        }
        return message;
    }

    private byte[] body() {
        byte[] unit = (words[3] + " ").getBytes(StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOf(unit, Integer.parseInt(words[4]));
        for (int i = unit.length; i < body.length; i++) {
            body[i] = body[i - unit.length];
        }
        return body;
    }
}
