package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.springframework.beans.factory.ObjectProvider;

import org.litestream4j.Replica;
import org.litestream4j.boot.ReplicaClientFactory;
import org.litestream4j.boot.ReplicaDefinition;
import org.litestream4j.boot.autoconfigure.DatabaseSettings.ReplicaSettings;
import org.litestream4j.replica.ReplicaClient;

/**
 * Makes the replicas of a database, through whichever factory knows the type.
 */
class ReplicaClients {

	private static final String S3_HELP = "Add the dependency 'io.awspring.cloud:spring-cloud-aws-starter-s3' (it brings"
			+ " the AWS SDK and an S3Client bean), or change '%s'.";

	private final ObjectProvider<ReplicaClientFactory> factories;

	ReplicaClients(ObjectProvider<ReplicaClientFactory> factories) {
		this.factories = factories;
	}

	/**
	 * Makes the replicas. If one cannot be made, those made before are closed.
	 * @throws LitestreamStartupException naming the property that is wrong
	 */
	List<Replica> create(List<ReplicaSettings> settings) {
		List<Replica> replicas = new ArrayList<>();
		try {
			for (ReplicaSettings each : settings) {
				replicas.add(new Replica(each.definition().name(), create(each.definition()), each.options()));
			}
			return List.copyOf(replicas);
		}
		catch (RuntimeException ex) {
			replicas.forEach((replica) -> replica.client().close());
			throw ex;
		}
	}

	private ReplicaClient create(ReplicaDefinition definition) {
		ReplicaClientFactory factory = this.factories.orderedStream()
			.filter((candidate) -> candidate.supports(definition.type()))
			.findFirst()
			.orElseThrow(() -> unknownType(definition));
		try {
			return factory.create(definition);
		}
		catch (IllegalArgumentException ex) {
			throw new LitestreamStartupException(
					"Replica '%s' of database '%s' cannot be used: %s".formatted(definition.name(),
							definition.database(), ex.getMessage()),
					"Correct '%s'.".formatted(definition.property()), ex);
		}
	}

	private static LitestreamStartupException unknownType(ReplicaDefinition definition) {
		String property = definition.property() + ((definition.url() != null) ? ".url" : ".type");
		if (definition.type().equals("s3")) {
			return new LitestreamStartupException(
					"'%s' asks for a replica in S3, but the AWS SDK for S3 is not on the class path."
						.formatted(property),
					S3_HELP.formatted(property));
		}
		return new LitestreamStartupException(
				"'%s' asks for a replica of type '%s', which nothing here supports.".formatted(property,
						definition.type()),
				"Use file or s3, or register a ReplicaClientFactory bean that supports '%s'."
					.formatted(definition.type()));
	}

	/**
	 * Where each replica is, as a key that is equal for equal places, also if symbolic
	 * links lead there, to the replica's name.
	 * @throws LitestreamStartupException if two are in one place
	 */
	static Map<String, String> locations(List<ReplicaSettings> settings, List<Replica> replicas) {
		Map<String, String> locations = new LinkedHashMap<>();
		for (int i = 0; i < replicas.size(); i++) {
			ReplicaDefinition definition = settings.get(i).definition();
			String url = replicas.get(i).client().url();
			Path directory = Places.directory(url);
			String place = ((directory != null) ? "file://" + Places.real(directory)
					: url.endsWith("/") ? url.substring(0, url.length() - 1) : url)
					+ ((definition.endpoint() != null) ? " at " + definition.endpoint() : "");
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

}
