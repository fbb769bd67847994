package org.litestream4j.boot.event;

import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener.GenerationReason;

/**
 * A new generation was started: from now on a restore begins with a new snapshot.
 *
 * @param database the name of the {@code DataSource} bean
 * @param position where it begins
 * @param reason why
 * @param detail one sentence more on the reason
 */
public record GenerationStartedEvent(String database, WalPosition position, GenerationReason reason, String detail) {
}
