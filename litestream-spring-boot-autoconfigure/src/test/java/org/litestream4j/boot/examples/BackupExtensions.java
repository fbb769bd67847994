package org.litestream4j.boot.examples;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import org.litestream4j.boot.ReplicaClientFactory;
import org.litestream4j.boot.ReplicaDefinition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.replica.FileReplicaClient;
import org.litestream4j.replica.ReplicaClient;

@Configuration(proxyBeanMethods = false)
class BackupExtensions {

	@Bean
	LitestreamListener slowCheckpoints(MeterRegistry meters) {
		return new LitestreamListener() {
			@Override
			public void checkpointed(String database, String mode, CheckpointOutcome outcome, Duration duration) {
				if (duration.toMillis() > 100) {
					meters.counter("checkpoints.slow", "database", database).increment();
				}
			}
		};
	}

	@Bean
	ReplicaClientFactory vault() {
		return new ReplicaClientFactory() {
			@Override
			public boolean supports(String type) {
				return type.equals("vault");
			}

			@Override
			public ReplicaClient create(ReplicaDefinition definition) {
				Path folder = Path.of(Objects.requireNonNull(definition.path(), "path is missing"));
				return new FileReplicaClient(folder, SystemDisk.likeFile(definition.databaseFile()));
			}
		};
	}

}
