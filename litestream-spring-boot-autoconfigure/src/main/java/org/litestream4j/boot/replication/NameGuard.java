package org.litestream4j.boot.replication;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.LitestreamRestore;
import org.litestream4j.Replica;
import org.litestream4j.RestoreException;
import org.litestream4j.boot.replication.DatabaseSettings.ReplicaSettings;
import org.litestream4j.io.AtomicFile;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;

/**
 * Refuses to leave a backup behind because a database is called differently now: its name
 * can be part of the replica's place. The name is kept in the meta directory, in a file
 * {@code name}.
 */
class NameGuard {

	/** What says where a replica is, if there is no url. */
	private static final List<String> PLACE = List.of("host", "bucket", "path");

	private static final Logger logger = LoggerFactory.getLogger(NameGuard.class);

	private static final int LONGEST = 1024;

	/** What can be a directory's name; anything else was not written here. */
	private static final Pattern NAME = Pattern.compile("(?!\\.{1,2}$)[^/\\p{Cntrl}]{1,255}");

	private final ReplicaSource source;

	private final LitestreamListener listener;

	NameGuard(ReplicaSource source, LitestreamListener listener) {
		this.source = source;
		this.listener = listener;
	}

	/**
	 * Refuses a name if the database had another one when it was replicated last, and
	 * that one's backup is elsewhere. If that name was not kept, it may be any of the
	 * others.
	 * @param settings those under the new name
	 * @param others what it may have been called
	 * @param named the settings under a name
	 * @throws LitestreamStartupException if so
	 */
	void checkRemembered(DatabaseSettings settings, Collection<String> others,
			Function<String, DatabaseSettings> named) {
		Path meta = settings.options().metaDirectory();
		String former = remembered(meta);
		if (former != null) {
			check(settings, List.of(former), named);
		}
		else if (Files.exists(meta)) {
			check(settings, others, named);
		}
	}

	/**
	 * Refuses a name if the database may be called otherwise, and there is a backup under
	 * that name elsewhere.
	 * @param settings those under the new name
	 * @param others what it may have been called
	 * @param named the settings under a name
	 * @throws LitestreamStartupException if so
	 */
	void check(DatabaseSettings settings, Collection<String> others, Function<String, DatabaseSettings> named) {
		for (String other : others) {
			DatabaseSettings former = named.apply(other);
			if (!places(former).equals(places(settings)) && hasBackup(former)) {
				throw StartupFailures.renamed(settings, former);
			}
		}
	}

	private static List<String> places(DatabaseSettings settings) {
		return settings.replicas().stream().map(ReplicaSettings::definition).map(NameGuard::place).toList();
	}

	private static String place(ReplicaDefinition definition) {
		return "%s %s %s".formatted(definition.type(), definition.url(),
				PLACE.stream().map((part) -> definition.store().property(part).orElse("")).toList());
	}

	private boolean hasBackup(DatabaseSettings settings) {
		List<Replica> replicas = this.source.create(settings.replicas());
		try {
			new LitestreamRestore(settings.options().name(), replicas, this.listener).plan(settings.restoreRequest());
			return true;
		}
		catch (RestoreException ex) {
			return ex.kind() != RestoreException.Kind.NO_BACKUP;
		}
		catch (IOException | IllegalArgumentException ex) {
			logger.warn("Whether there is a backup of database '{}' under its former name cannot be told: {}",
					settings.options().name(), ex.getMessage());
			return false;
		}
		finally {
			replicas.forEach((replica) -> replica.store().close());
		}
	}

	/** The name that was kept, or null if there is none that could have been. */
	private static @Nullable String remembered(Path metaDirectory) {
		Path file = file(metaDirectory);
		try {
			if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > LONGEST) {
				return null;
			}
			String name = Files.readString(file).strip();
			return NAME.matcher(name).matches() ? name : null;
		}
		catch (IOException ex) {
			logger.debug("The name in {} cannot be read", file, ex);
			return null;
		}
	}

	/** Keeps the name for the next start. */
	void remember(DatabaseSettings settings) {
		String name = settings.options().name();
		Path meta = settings.options().metaDirectory();
		if (name.equals(remembered(meta))) {
			return;
		}
		try {
			AtomicFile.write(SystemDisk.likeFile(settings.options().database()), file(meta),
					(name + "\n").getBytes(StandardCharsets.UTF_8));
		}
		catch (IOException ex) {
			logger.warn("The name of database '{}' cannot be kept in {}: {}", name, file(meta), ex.getMessage());
		}
	}

	private static Path file(Path metaDirectory) {
		return metaDirectory.resolve("name");
	}

}
