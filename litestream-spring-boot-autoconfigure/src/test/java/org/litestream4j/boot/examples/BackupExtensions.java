package org.litestream4j.boot.examples;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProvider;

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
	StoreProvider vault() {
		return new StoreProvider() {
			@Override
			public boolean supports(String type) {
				return type.equals("vault");
			}

			@Override
			public ObjectStore open(StoreDefinition definition) {
				definition.requireKnown(List.of("path", "room"));
				Path directory = Path.of(definition.property("path").orElse("/mnt/vault"));
				return new FileStore(directory.resolve(definition.property("room").orElse("")), SystemDisk.ownerOnly());
			}
		};
	}

}
