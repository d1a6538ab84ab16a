import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/** A push consumer with one consuming thread (so arrival order is pull order); prints a line per message. */
final class Consuming {
    private final String name;
    private final DefaultMQPushConsumer consumer;

    Consuming(Map<String, String> options) throws Exception {
        name = options.get("name");
        consumer = new DefaultMQPushConsumer(options.get("group"));
        consumer.setNamesrvAddr(options.get("namesrv"));
        consumer.setInstanceName(name);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setConsumeThreadMin(1);
        consumer.setConsumeThreadMax(1);
        consumer.subscribe(options.get("topic"), options.get("expression"));
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> got(messages));
        consumer.start();
        Lines.print("consuming", "name", name, "t", System.currentTimeMillis());
    }

    void stop() {
        consumer.shutdown();
    }

    private ConsumeConcurrentlyStatus got(List<MessageExt> messages) {
        for (MessageExt message : messages) {
            try {
                print(message);
            } catch (Exception error) {
                Lines.print("failed", "command", "consume", "error", error.toString());
            }
        }
        return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
    }

    private void print(MessageExt message) throws Exception {
        Lines.print("got", "name", name, "t", System.currentTimeMillis(), "id", message.getMsgId(),
            "topic", message.getTopic(), "queue", message.getQueueId(), "offset", message.getQueueOffset(),
            "tag", message.getTags(), "key", message.getKeys(), "shape", message.getUserProperty("shape"),
            "size", message.getBody().length, "hash", Lines.hash(message.getBody()),
            "reconsumed", message.getReconsumeTimes());
    }
}
