package org.litestream4j.boot.autoconfigure;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyNameException;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import org.litestream4j.boot.DatabaseDefinition;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Database;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseEndpoint;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseHealth;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseLease;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseReplicatedCommit;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.DatabaseRestore;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Replica;

/**
 * What a definition says of a database, as the properties of a configuration file would.
 * Pure.
 */
final class DefinedOverrides {

	private static final String PREFIX = "definition";

	private DefinedOverrides() {
	}

	/**
	 * Reads a definition.
	 * @throws IllegalArgumentException with one sentence, for a setting that there is
	 * not, and for a value that it cannot have
	 */
	static Database bind(DatabaseDefinition definition) {
		Map<String, String> properties = new LinkedHashMap<>();
		definition.properties().forEach((name, value) -> properties.put(PREFIX + "." + name, value));
		try {
			Database bound = new Binder(new MapConfigurationPropertySource(properties)).bindOrCreate(PREFIX,
					Bindable.of(Database.class), new NoUnboundElementsBindHandler(BindHandler.DEFAULT));
			if (bound.path() != null || !bound.enabled()) {
				throw new IllegalArgumentException(
						"the definition of database '%s' cannot be used: it has a file, and is replicated, without 'path' and 'enabled'; leave them out"
							.formatted(definition.name()));
			}
			return bound;
		}
		catch (BindException ex) {
			throw new IllegalArgumentException(
					"the definition of database '%s' cannot be used: %s".formatted(definition.name(), describe(ex)),
					ex);
		}
		catch (InvalidConfigurationPropertyNameException ex) {
			throw new IllegalArgumentException("the definition of database '%s' cannot be used: '%s' is not a property"
				.formatted(definition.name(), ex.getName()), ex);
		}
	}

	/** The value may be secret. */
	private static String describe(BindException ex) {
		if (ex.getCause() instanceof UnboundConfigurationPropertiesException unbound) {
			return unbound.getUnboundProperties()
				.stream()
				.map((each) -> "'%s'".formatted(shorten(each.getName().toString())))
				.collect(Collectors.joining(", ", "litestream.databases.<name> has no property ", ""));
		}
		return "'%s' has a value that is not a %s".formatted(shorten(ex.getName().toString()),
				ex.getTarget().getType().resolve(Object.class).getSimpleName());
	}

	private static String shorten(String name) {
		return name.substring(Math.min(PREFIX.length() + 1, name.length()));
	}

	/** What the first does not say is as the second says. */
	static Database merge(Database first, Database second) {
		DatabaseRestore one = first.restore();
		DatabaseRestore other = second.restore();
		return new Database(or(first.path(), second.path()), first.enabled() && second.enabled(),
				or(first.restoreIfMissing(), second.restoreIfMissing()),
				or(first.monitorInterval(), second.monitorInterval()), or(first.syncInterval(), second.syncInterval()),
				or(first.checkpointInterval(), second.checkpointInterval()),
				or(first.minCheckpointPageCount(), second.minCheckpointPageCount()),
				or(first.maxCheckpointPageCount(), second.maxCheckpointPageCount()),
				or(first.truncatePageCount(), second.truncatePageCount()),
				or(first.busyTimeout(), second.busyTimeout()),
				or(first.shutdownSyncTimeout(), second.shutdownSyncTimeout()),
				or(first.metaDirectory(), second.metaDirectory()),
				or(first.maxShadowWalSize(), second.maxShadowWalSize()),
				or(first.minFreeSpace(), second.minFreeSpace()), or(first.onDivergence(), second.onDivergence()),
				or(first.onFenced(), second.onFenced()),
				new DatabaseLease(or(first.lease().enabled(), second.lease().enabled()),
						or(first.lease().duration(), second.lease().duration()),
						or(first.lease().longestWait(), second.lease().longestWait())),
				merge(first.replicatedCommit(), second.replicatedCommit()),
				new DatabaseRestore(or(one.timestamp(), other.timestamp()), or(one.generation(), other.generation()),
						or(one.index(), other.index()), or(one.txid(), other.txid()),
						or(one.replica(), other.replica()), or(one.parallelism(), other.parallelism()),
						or(one.integrityCheck(), other.integrityCheck())),
				new DatabaseEndpoint(or(first.endpoint().restoreDirectory(), second.endpoint().restoreDirectory()),
						or(first.endpoint().maxTimeout(), second.endpoint().maxTimeout())),
				new DatabaseHealth(or(first.health().maxLag(), second.health().maxLag())),
				first.replicas().isEmpty() ? second.replicas() : first.replicas());
	}

	private static DatabaseReplicatedCommit merge(DatabaseReplicatedCommit first, DatabaseReplicatedCommit second) {
		return new DatabaseReplicatedCommit(or(first.enabled(), second.enabled()),
				or(first.replicas(), second.replicas()), or(first.timeout(), second.timeout()),
				or(first.onTimeout(), second.onTimeout()));
	}

	/** With these replicas unless it has its own; what was found is never restored. */
	static Database withReplicas(Database own, List<Replica> replicas) {
		return new Database(own.path(), own.enabled(), false, own.monitorInterval(), own.syncInterval(),
				own.checkpointInterval(), own.minCheckpointPageCount(), own.maxCheckpointPageCount(),
				own.truncatePageCount(), own.busyTimeout(), own.shutdownSyncTimeout(), own.metaDirectory(),
				own.maxShadowWalSize(), own.minFreeSpace(), own.onDivergence(), own.onFenced(), own.lease(),
				own.replicatedCommit(), own.restore(), own.endpoint(), own.health(),
				own.replicas().isEmpty() ? replicas : own.replicas());
	}

	private static <T> @Nullable T or(@Nullable T first, @Nullable T second) {
		return (first != null) ? first : second;
	}

}
