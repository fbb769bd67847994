package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProviders;
import org.litestream4j.store.s3.S3StoreProvider;

/**
 * Which replica, and how to reach it. There is no option for credentials, as other users
 * of the machine see command lines.
 */
final class ReplicaArguments {

	private static final String VARIABLE = "LITESTREAM_PROPERTY_";

	private static final Set<String> OPTIONS = Set.of("endpoint", "region", "force-path-style");

	@Parameters(index = "0", paramLabel = "REPLICA_URL",
			description = {
					"Where the replica is: file:///directory, s3://bucket/prefix or sftp://user@host/directory;"
							+ " with -config the name of the database instead, mostly that of its DataSource bean.",
					"Credentials for S3 are read from LITESTREAM_ACCESS_KEY_ID and LITESTREAM_SECRET_ACCESS_KEY,"
							+ " else where the AWS SDK looks: environment, profile, role." })
	private String url = "";

	@Option(names = "-config", paramLabel = "FILE", description = {
			"The application's application.yml or .properties, or the directory that it is in: says where the replica of a database is.",
			"Read as Spring Boot does, with profiles, environment variables and placeholders." })
	private @Nullable Path configuration;

	@Option(names = "-profile", paramLabel = "NAME",
			description = "With -config: a profile that is active, beside those of SPRING_PROFILES_ACTIVE; may be repeated.")
	private List<String> profiles = List.of();

	@Option(names = "-replica", paramLabel = "NAME",
			description = "With -config: which replica, if the database has several.")
	private @Nullable String replica;

	@Option(names = "-endpoint", paramLabel = "URL",
			description = "Address of an S3 store that is not AWS, for example https://s3.example.com.")
	private @Nullable String endpoint;

	@Option(names = "-region", paramLabel = "NAME", description = "S3 region.")
	private @Nullable String region;

	@Option(names = "-force-path-style", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
			description = "Put the bucket into the path, not the host name. Default: true unless the endpoint is AWS.")
	private @Nullable Boolean forcePathStyle;

	@Option(names = "-property", paramLabel = "NAME=VALUE", description = {
			"What else the store has to know, by the name of the starter's property; may be repeated.",
			"What is secret is read from LITESTREAM_PROPERTY_<NAME>, for example LITESTREAM_PROPERTY_PASSWORD." })
	private Map<String, String> properties = new LinkedHashMap<>();

	/** Opens the replica, which the caller closes. Does no I/O. */
	V03Replica open(CommonOptions common) {
		try {
			StoreProviders providers = StoreProviders.of(List.of(new S3StoreProvider(S3Replicas.TERMS)),
					ReplicaArguments.class.getClassLoader());
			if (this.configuration != null) {
				return new V03Replica(providers.open(configured(this.configuration)));
			}
			requireNoConfiguration();
			String type = providers.parse(this.url).scheme();
			Map<String, String> all = new HashMap<>();
			if (type.equals("s3")) {
				all.putAll(S3Replicas.properties(this.endpoint, this.region, this.forcePathStyle, System.getenv()));
			}
			else {
				requireNoS3Options(type);
			}
			all.putAll(ofEnvironment(System.getenv()));
			all.putAll(this.properties);
			return new V03Replica(
					providers.open(new StoreDefinition(type, this.url.strip(), all, ReplicaArguments::nameOf, null)));
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(common.spec().commandLine(), String.valueOf(ex.getMessage()), ex);
		}
	}

	private StoreDefinition configured(Path file) {
		if (this.url.contains("://")) {
			throw new IllegalArgumentException(
					"-config is given with the url %s: give the name of a database instead, mostly that of its DataSource bean"
						.formatted(this.url));
		}
		if (this.endpoint != null || this.region != null || this.forcePathStyle != null || !this.properties.isEmpty()) {
			throw new IllegalArgumentException(
					"-endpoint, -region, -force-path-style and -property are not for -config: what they say is configured there");
		}
		return ApplicationConfiguration.read(file, this.profiles).replica(this.url, this.replica);
	}

	/**
	 * Whether a file that nobody has open is a database of the application whose
	 * configuration is given; false if none is.
	 */
	boolean isConfiguredDatabase(CommonOptions common, Path file) throws IOException {
		Path given = this.configuration;
		try {
			return given != null && ApplicationConfiguration.read(given, this.profiles).isDatabase(this.url, file);
		}
		catch (IllegalArgumentException ex) {
			throw new ParameterException(common.spec().commandLine(), String.valueOf(ex.getMessage()), ex);
		}
	}

	private void requireNoConfiguration() {
		if (!this.profiles.isEmpty() || this.replica != null) {
			throw new IllegalArgumentException("-profile and -replica are given without -config, which they belong to");
		}
	}

	static Map<String, String> ofEnvironment(Map<String, String> environment) {
		Map<String, String> found = new HashMap<>();
		environment.forEach((name, value) -> {
			if (name.startsWith(VARIABLE)) {
				found.put(name.substring(VARIABLE.length()).toLowerCase(Locale.ROOT).replace('_', '-'), value);
			}
		});
		return found;
	}

	private static String nameOf(String property) {
		return OPTIONS.contains(property) ? "-" + property : "-property " + property;
	}

	private void requireNoS3Options(String type) {
		if (this.endpoint != null || this.region != null || this.forcePathStyle != null) {
			throw new IllegalArgumentException(
					"-endpoint, -region and -force-path-style are for s3 urls: leave them out for a %s url"
						.formatted(type));
		}
	}

}
