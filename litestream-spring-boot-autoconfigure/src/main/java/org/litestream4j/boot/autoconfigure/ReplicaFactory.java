package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.util.ClassUtils;

import org.litestream4j.Replica;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.replication.DatabaseSettings.ReplicaSettings;
import org.litestream4j.boot.replication.Places;
import org.litestream4j.boot.replication.ReplicaDefinition;
import org.litestream4j.boot.replication.ReplicaSource;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreProvider;
import org.litestream4j.store.StoreProviders;

/**
 * Makes the replicas of a database, through whichever provider knows the type.
 */
class ReplicaFactory implements ReplicaSource {

	private static final String SDK = "software.amazon.awssdk.services.s3.S3Client";

	private static final String SFTP_HELP = "Add the dependency 'org.litestream4j:litestream-store-sftp', or change '%s'.";

	private static final String S3_HELP = "Add the dependency 'io.awspring.cloud:spring-cloud-aws-starter-s3' (it brings"
			+ " the AWS SDK and an S3Client bean), or change '%s'.";

	private final ObjectProvider<StoreProvider> beans;

	private final ClassLoader classLoader;

	/**
	 * Creates it.
	 * @param beans asked before those that the class loader finds
	 */
	ReplicaFactory(ObjectProvider<StoreProvider> beans, ClassLoader classLoader) {
		this.beans = beans;
		this.classLoader = classLoader;
	}

	@Override
	public List<Replica> create(List<ReplicaSettings> settings) {
		List<Replica> replicas = new ArrayList<>();
		try {
			for (ReplicaSettings each : settings) {
				replicas.add(new Replica(each.definition().name(), create(each.definition()), each.options()));
			}
			return List.copyOf(replicas);
		}
		catch (RuntimeException ex) {
			replicas.forEach((replica) -> replica.store().close());
			throw ex;
		}
	}

	private ObjectStore create(ReplicaDefinition definition) {
		StoreProviders providers = StoreProviders.of(this.beans.orderedStream().toList(), this.classLoader);
		StoreProvider provider = providers.find(definition.type())
			.filter((found) -> !definition.type().equals("s3") || hasSdk())
			.orElseThrow(() -> unknownType(definition, providers));
		try {
			return provider.open(definition.store());
		}
		catch (IllegalArgumentException ex) {
			throw new LitestreamStartupException(
					"Replica '%s' of database '%s' cannot be used: %s".formatted(definition.name(),
							definition.database(), ex.getMessage()),
					"Correct '%s'.".formatted(definition.property()), ex);
		}
	}

	private boolean hasSdk() {
		return ClassUtils.isPresent(SDK, this.classLoader);
	}

	private LitestreamStartupException unknownType(ReplicaDefinition definition, StoreProviders providers) {
		String property = definition.property() + ((definition.url() != null) ? ".url" : ".type");
		if (definition.type().equals("s3")) {
			return new LitestreamStartupException(
					"'%s' asks for a replica in S3, but the AWS SDK for S3 is not on the class path."
						.formatted(property),
					S3_HELP.formatted(property));
		}
		if (definition.type().equals("sftp")) {
			return new LitestreamStartupException(
					"'%s' asks for a replica that is reached by SFTP, but the module for that is not on the class path."
						.formatted(property),
					SFTP_HELP.formatted(property));
		}
		return new LitestreamStartupException(
				"'%s' asks for a replica of type '%s', which nothing here supports.".formatted(property,
						definition.type()),
				"Use %s; or add the module that supports '%s', or register a StoreProvider bean that does."
					.formatted(providers.urls(), definition.type()));
	}

	@Override
	public Map<String, String> locations(List<ReplicaSettings> settings, List<Replica> replicas) {
		Map<String, String> locations = new LinkedHashMap<>();
		for (int i = 0; i < replicas.size(); i++) {
			ReplicaDefinition definition = settings.get(i).definition();
			String place = place(replicas.get(i).store());
			String other = locations.putIfAbsent(place, definition.name());
			if (other != null) {
				throw new LitestreamStartupException(
						"The replicas '%s' and '%s' of database '%s' are in one place: %s.".formatted(other,
								definition.name(), definition.database(), place),
						"Give '%s' another url or path, or remove it.".formatted(definition.property()));
			}
		}
		return locations;
	}

	/**
	 * Equal urls of two servers, where a url does not name its server, are two places.
	 */
	private static String place(ObjectStore store) {
		Path directory = Places.directory(store.url());
		if (directory != null) {
			return "file://" + Places.real(directory);
		}
		String url = store.url().endsWith("/") ? store.url().substring(0, store.url().length() - 1) : store.url();
		return url.startsWith(store.lane()) ? url : "%s at %s".formatted(url, store.lane());
	}

}
