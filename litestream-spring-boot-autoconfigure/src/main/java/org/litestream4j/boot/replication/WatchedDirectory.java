package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BiFunction;

/**
 * A directory in which databases appear and disappear.
 *
 * @param property where it is configured, for messages
 * @param path the directory; it may be missing
 * @param pattern a glob for the names of files
 * @param recursive whether the directories in it count, too
 * @param interval how often to look
 * @param settings those of a database, by its name and its file
 */
public record WatchedDirectory(String property, Path path, String pattern, boolean recursive, Duration interval,
		BiFunction<String, Path, DatabaseSettings> settings) {
}
