package org.litestream4j.boot.autoconfigure;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import javax.sql.DataSource;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

/**
 * What of the properties of a replica reaches a store.
 */
class ReplicaSettingsResolverTests {

	@TempDir
	private Path directory;

	private final List<StoreDefinition> opened = new CopyOnWriteArrayList<>();

	private ApplicationContextRunner runner() {
		StoreProvider provider = new StoreProvider() {

			@Override
			public boolean supports(String type) {
				return type.equals("vault");
			}

			@Override
			public ObjectStore open(StoreDefinition definition) {
				ReplicaSettingsResolverTests.this.opened.add(definition);
				return new FileStore(ReplicaSettingsResolverTests.this.directory.resolve("vault"),
						SystemDisk.ownerOnly());
			}

		};
		return Contexts.litestream()
			.withBean(StoreProvider.class, () -> provider)
			.withBean("app", DataSource.class,
					() -> new DriverManagerDataSource(Contexts.url(this.directory, "app.db")));
	}

	@Test
	void freePropertiesAreHandedOverBesideTheTypedOnesThatAreSet() {
		runner()
			.withPropertyValues("litestream.replicas[0].url=vault://host/{database}",
					"litestream.replicas[0].region=here", "litestream.replicas[0].tags.team=a",
					"litestream.replicas[0].properties.room=cellar-{database}",
					"litestream.replicas[0].properties.privateKey=PLANTED")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				StoreDefinition definition = this.opened.get(0);
				assertThat(definition.type()).isEqualTo("vault");
				assertThat(definition.url()).isEqualTo("vault://host/app");
				assertThat(definition.properties()).containsOnly(entry("region", "here"), entry("tags.team", "a"),
						entry("room", "cellar-app"), entry("private-key", "PLANTED"));
				assertThat(definition.nameOf("room")).isEqualTo("litestream.replicas[0].properties.room");
				assertThat(definition.nameOf("region")).isEqualTo("litestream.replicas[0].region");
				assertThat(definition.likeFile()).hasFileName("app.db");
				assertThat(definition.toString()).doesNotContain("PLANTED");
			});
	}

	@Test
	void replicasOfOneDatabaseHaveFreePropertiesToo() {
		runner()
			.withPropertyValues("litestream.databases.app.replicas[0].type=vault",
					"litestream.databases.app.replicas[0].part-size=16MB",
					"litestream.databases.app.replicas[0].properties.room=attic")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				StoreDefinition definition = this.opened.get(0);
				assertThat(definition.properties()).containsOnly(entry("part-size", "16777216"),
						entry("room", "attic"));
				assertThat(definition.nameOf("room")).isEqualTo("litestream.databases.app.replicas[0].properties.room");
			});
	}

}
