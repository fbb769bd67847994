package org.litestream4j.boot.autoconfigure;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.util.StringUtils;

import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Directory;
import org.litestream4j.boot.autoconfigure.LitestreamProperties.Replica;
import org.litestream4j.boot.replication.DatabaseSettings;
import org.litestream4j.boot.replication.WatchedDirectory;

/**
 * From the properties of one directory to what is watched. Pure.
 *
 * @param property where they are, for messages
 * @param directory what they say
 */
record DirectorySettings(String property, Directory directory) {

	private static final String PLACEHOLDER = "{database}";

	/** The settings of a database with the replicas of its directory. */
	interface Databases {

		DatabaseSettings resolve(String name, Path file, List<Replica> replicas);

	}

	/**
	 * Checks and completes the properties.
	 * @throws LitestreamStartupException naming the one that is wrong
	 */
	WatchedDirectory resolve(Databases databases) {
		if (!StringUtils.hasText(this.directory.path())) {
			throw refused("'%s.path' is not set.".formatted(this.property),
					"Set it to the directory of the databases.");
		}
		if (this.directory.interval().isNegative() || this.directory.interval().isZero()) {
			throw refused("'%s.interval' is not more than zero.".formatted(this.property),
					"Set it to 10s, for example.");
		}
		requireGlob();
		List<Replica> replicas = replicas();
		replicas.forEach(this::requirePlaceholder);
		return new WatchedDirectory(this.property,
				SettingsResolver.path(this.property + ".path", this.directory.path()).toAbsolutePath().normalize(),
				this.directory.pattern(), this.directory.recursive(), this.directory.interval(),
				(name, file) -> databases.resolve(name, file, replicas));
	}

	private void requireGlob() {
		try {
			FileSystems.getDefault().getPathMatcher("glob:" + this.directory.pattern());
		}
		catch (PatternSyntaxException ex) {
			throw refused("'%s.pattern' is '%s', which is not a glob: %s.".formatted(this.property,
					this.directory.pattern(), ex.getDescription()), "Use for example *.db or *.{db,sqlite}.");
		}
	}

	private List<Replica> replicas() {
		if ((this.directory.url() == null) == this.directory.replicas().isEmpty()) {
			throw refused(
					"%s of '%2$s.url' and '%2$s.replicas' is set."
						.formatted((this.directory.url() == null) ? "None" : "Each", this.property),
					"Set one of them, for example %s.url=s3://my-bucket/{database}.".formatted(this.property));
		}
		return (this.directory.url() != null) ? List.of(replica(this.directory.url())) : this.directory.replicas();
	}

	/** With all defaults that a replica has. */
	private static Replica replica(String url) {
		return new Binder(new MapConfigurationPropertySource(Map.of("replica.url", url))).bind("replica", Replica.class)
			.get();
	}

	private void requirePlaceholder(Replica replica) {
		if (Stream.of(replica.url(), replica.path())
			.filter(Objects::nonNull)
			.noneMatch((at) -> at.contains(PLACEHOLDER))) {
			throw refused(
					"The replica of '%s' at '%s' has no {database} in its url or path.".formatted(this.property,
							(replica.url() != null) ? replica.url() : replica.path()),
					"Put it there: each database needs a place of its own, for example s3://my-bucket/{database}.");
		}
	}

	private static LitestreamStartupException refused(String description, String action) {
		return new LitestreamStartupException(description, action);
	}

}
