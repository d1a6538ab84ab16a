import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;

/**
 * Runs unmodified Java clients. One command a line on standard input, words split by tabs, options as name=value:
 * send topic group plan rate | consume name topic group expression | stop name | (end of input) stop everything.
 */
public final class Driver {
    private final Map<String, Consuming> consumers = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        Driver driver = new Driver();
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Lines.print("ready", "pid", ProcessHandle.current().pid(),
            "headers", RemotingCommand.getSerializeTypeConfigInThisServer());
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            driver.obey(line.split("\t"));
        }
        for (String name : driver.consumers.keySet().toArray(new String[0])) {
            driver.stop(name);
        }
        System.exit(0);
    }

    private void obey(String[] words) {
        Map<String, String> options = options(words);
        try {
            switch (words[0]) {
                case "send":
                    new Thread(new Sending(options), "sending").start();
                    break;
                case "consume":
                    consumers.put(options.get("name"), new Consuming(options));
                    break;
                case "stop":
                    stop(options.get("name"));
                    break;
                default:
                    Lines.print("refused", "command", words[0]);
            }
        } catch (Exception error) {
            Lines.print("failed", "command", words[0], "error", error.toString());
        }
    }

    private void stop(String name) {
        consumers.remove(name).stop();
        Lines.print("stopped", "name", name, "t", System.currentTimeMillis());
    }

    private static Map<String, String> options(String[] words) {
        Map<String, String> options = new HashMap<>();
        for (int i = 1; i < words.length; i++) {
            int split = words[i].indexOf('=');
            options.put(words[i].substring(0, split), words[i].substring(split + 1));
        }
        return options;
    }
}
