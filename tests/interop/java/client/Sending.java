import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageClientIDSetter;

/** Sends a plan with one producer, from one thread, and prints a line per message: sent or failed. */
final class Sending implements Runnable {
    private static final int IN_FLIGHT = 64;
    private static final int BATCH = 16;

    private final Map<String, String> options;
    private final String topic;
    private final DefaultMQProducer producer;
    private final Semaphore free = new Semaphore(IN_FLIGHT);
    private final List<Planned> batch = new ArrayList<>();

    Sending(Map<String, String> options) throws Exception {
        this.options = options;
        topic = options.get("topic");
        producer = new DefaultMQProducer(options.get("group"));
        producer.setNamesrvAddr(options.get("namesrv"));
        producer.setInstanceName("producer-" + topic);
        producer.setSendMsgTimeout(15000);
        producer.start();
    }

    @Override
    public void run() {
        try {
            sendAll(Planned.read(options.get("plan")), Double.parseDouble(options.get("rate")));
            free.acquire(IN_FLIGHT);
        } catch (Exception error) {
            Lines.print("failed", "command", "send", "error", error.toString());
        }
        producer.shutdown();
        Lines.print("done", "topic", topic);
    }

    private void sendAll(List<Planned> plan, double rate) throws Exception {
        long start = System.nanoTime();
        for (int i = 0; i < plan.size(); i++) {
            long early = start + (long) (i * 1e9 / rate) - System.nanoTime();
            if (early > 1_000_000) {
                Thread.sleep(early / 1_000_000);
            }
            Planned planned = plan.get(i);
            if (planned.kind.equals("batch")) {
                batch.add(planned);
            }
            if (batch.size() == BATCH || !planned.kind.equals("batch") || i == plan.size() - 1) {
                sendBatch();
            }
            send(planned);
        }
    }

    private void send(Planned planned) {
        Message message = planned.message(topic);
        try {
            switch (planned.kind) {
                case "sync":
                    sent(planned, message, producer.send(message), 0);
                    break;
                case "orderly":
                    sent(planned, message, producer.send(message, (queues, it, key) -> queues.get(0), ""), 0);
                    break;
                case "oneway":
                    producer.sendOneway(message);
                    Lines.print("sent", "seq", planned.seq, "kind", planned.kind);
                    break;
                case "async":
                    sendAsync(planned, message);
                    break;
                default:
            }
        } catch (Exception error) {
            failed(planned, error);
        }
    }

    private void sendAsync(Planned planned, Message message) throws Exception {
        free.acquire();
        producer.send(message, new SendCallback() {
            @Override
            public void onSuccess(SendResult result) {
                sent(planned, message, result, 0);
                free.release();
            }

            @Override
            public void onException(Throwable error) {
                failed(planned, error);
                free.release();
            }
        });
    }

    private void sendBatch() {
        if (batch.isEmpty()) {
            return;
        }
        List<Message> messages = new ArrayList<>();
        batch.forEach(planned -> messages.add(planned.message(topic)));
        try {
            SendResult result = producer.send(messages);
            for (int i = 0; i < batch.size(); i++) {
                sent(batch.get(i), messages.get(i), result, i);
            }
        } catch (Exception error) {
            batch.forEach(planned -> failed(planned, error));
        }
        batch.clear();
    }

    private static void sent(Planned planned, Message message, SendResult result, int index) {
        Lines.print("sent", "seq", planned.seq, "kind", planned.kind, "id", MessageClientIDSetter.getUniqID(message),
            "answer_id", result.getMsgId(), "offset_id", result.getOffsetMsgId(), "status", result.getSendStatus(),
            "queue", result.getMessageQueue().getQueueId(), "offset", result.getQueueOffset() + index);
    }

    private static void failed(Planned planned, Throwable error) {
        Lines.print("failed", "seq", planned.seq, "kind", planned.kind, "error", error.toString());
    }
}
