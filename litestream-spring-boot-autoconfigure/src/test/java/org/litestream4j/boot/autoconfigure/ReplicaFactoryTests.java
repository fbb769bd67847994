package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.support.StaticListableBeanFactory;

import org.litestream4j.Replica;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.replication.DatabaseSettings.ReplicaSettings;
import org.litestream4j.boot.replication.ReplicaDefinition;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ReplicaFactoryTests {

	private final ReplicaFactory factory = new ReplicaFactory(
			new StaticListableBeanFactory().getBeanProvider(StoreProvider.class),
			ReplicaFactoryTests.class.getClassLoader());

	@Test
	void equalBucketsOfTwoEndpointsAreTwoPlaces() {
		assertThat(locations(s3(Map.of("endpoint", "http://127.0.0.1:9000")),
				s3(Map.of("endpoint", "http://127.0.0.1:9001")), s3(Map.of("region", "eu-north-1"))))
			.hasSize(3);
	}

	@Test
	void oneBucketAtOneEndpointIsOnePlaceWhoeverGoesThere() {
		Map<String, String> properties = Map.of("endpoint", "http://127.0.0.1:9000");
		assertThatExceptionOfType(LitestreamStartupException.class)
			.isThrownBy(() -> locations(s3(properties),
					s3(Map.of("endpoint", "http://127.0.0.1:9000/", "access-key-id", "other", "secret-access-key",
							"PLANTED"))))
			.withMessageStartingWith("The replicas '0' and '1' of database 'app' are in one place:"
					+ " s3://bucket/app at http://127.0.0.1:9000/bucket.");
	}

	private static StoreDefinition s3(Map<String, String> properties) {
		return new StoreDefinition("s3", "s3://bucket/app", properties, "litestream.replicas[0].%s"::formatted,
				Path.of("app.db"));
	}

	private Map<String, String> locations(StoreDefinition... stores) {
		List<ReplicaSettings> settings = new ArrayList<>();
		for (StoreDefinition store : stores) {
			settings.add(new ReplicaSettings(new ReplicaDefinition("litestream.replicas[%d]".formatted(settings.size()),
					"app", String.valueOf(settings.size()), store), Replica.Options.builder().build()));
		}
		List<Replica> replicas = this.factory.create(settings);
		try {
			return this.factory.locations(settings, replicas);
		}
		finally {
			replicas.forEach((replica) -> replica.store().close());
		}
	}

}
