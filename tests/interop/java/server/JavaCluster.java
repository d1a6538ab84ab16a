import org.apache.rocketmq.broker.BrokerStartup;
import org.apache.rocketmq.namesrv.NamesrvStartup;

/** Apache's own nameserver and broker in one JVM, to try the rigs on: namesrv.properties broker.properties address. */
public final class JavaCluster {
    private JavaCluster() {
    }

    public static void main(String[] arguments) throws Exception {
        NamesrvStartup.main(new String[] {"-c", arguments[0]});
        BrokerStartup.main(new String[] {"-n", arguments[2], "-c", arguments[1]});
    }
}
