package org.litestream4j.boot.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import javax.sql.DataSource;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

import org.litestream4j.boot.Litestream;
import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.replication.DatabaseSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nothing that belongs to a database may be where another part of it would be deleted or
 * overwritten, whatever links lead there.
 */
class PlacesTests {

	@TempDir
	private Path temp;

	private Path directory;

	@BeforeEach
	void makeDirectories() throws Exception {
		this.directory = this.temp.toRealPath();
		Files.createDirectories(this.directory.resolve("data"));
		Files.createDirectories(this.directory.resolve("backup"));
		Files.createSymbolicLink(this.directory.resolve("link"), this.directory.resolve("data"));
		Files.createSymbolicLink(this.directory.resolve("backup-link"), this.directory.resolve("backup"));
	}

	private ApplicationContextRunner app(String... properties) {
		return Contexts.litestream()
			.withPropertyValues(properties)
			.withBean("app", DataSource.class,
					() -> new DriverManagerDataSource(Contexts.url(this.directory, "data/app.db")));
	}

	private String[] filled(String properties) {
		return List.of(properties.split(" "))
			.stream()
			.map((property) -> "litestream." + property.replace("$", this.directory.toString()))
			.toArray(String[]::new);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			replicas[0].url=file://$/data/app.db                                | database $/data/app.db itself
			replicas[0].url=file://$/link/app.db                                | database $/data/app.db itself
			replicas[0].url=file://$/data/app.db-wal                            | database $/data/app.db itself
			replicas[0].url=file://$/data/app.db-shm                            | database $/data/app.db itself
			replicas[0].url=file://$/data/app.db/backup                         | database $/data/app.db itself
			replicas[0].url=file://$/data                                       | replica directory $/data of
			replicas[0].url=file://$                                            | replica directory $ of
			replicas[0].url=file://$/link                                       | replica directory $/data of
			replicas[0].url=file://$/data/.app.db-litestream                    | are one, or one is in the other
			replicas[0].url=file://$/data/.app.db-litestream/backup             | are one, or one is in the other
			replicas[0].url=file://$/link/.app.db-litestream                    | are one, or one is in the other
			replicas[0].url=file://$/backup meta-directory=$/backup             | are one, or one is in the other
			replicas[0].url=file://$/backup meta-directory=$/backup/meta        | are one, or one is in the other
			replicas[0].url=file://$/backup meta-directory=$/backup-link/meta   | are one, or one is in the other
			replicas[0].url=file://$/backup endpoint.restore-directory=$/data   | restore-directory $/data holds
			replicas[0].url=file://$/backup endpoint.restore-directory=$/link   | restore-directory $/data holds
			replicas[0].url=file://$/backup endpoint.restore-directory=/        | restore-directory / holds
			""")
	void placeWithinAnotherIsRefused(String properties, String expected) throws Exception {
		app(filled(properties)).run((context) -> assertThat(context).getFailure()
			.rootCause()
			.isInstanceOf(LitestreamStartupException.class)
			.hasMessageContaining(expected.replace("$", this.directory.toString())));
		assertThat(this.directory.resolve("data")).isEmptyDirectory();
		assertThat(this.directory.resolve("backup")).isEmptyDirectory();
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "replicas[0].url=file://$/data/backup", "replicas[0].url=file://$/backup meta-directory=$/meta",
					"replicas[0].url=file://$/backup endpoint.restore-directory=$/data/restores" })
	void placesBesideEachOtherAreFine(String properties) {
		app(filled(properties)).run((context) -> assertThat(context).hasNotFailed());
	}

	private ApplicationContextRunner two(String... properties) {
		return app(properties).withBean("other", DataSource.class,
				() -> new DriverManagerDataSource(Contexts.url(this.directory, "other.db")));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					replicas[0].url=file://$/backup databases.other.replicas[0].url=file://$/backup-link | have one replica path
					replicas[0].url=file://$/b/{database} meta-directory=$/backup databases.other.meta-directory=$/backup-link | have one meta-directory
					replicas[0].url=file://$/b/{database} databases.other.replicas[0].url=file://$/data | replica directory $/data of
					databases.app.replicas[0].url=file://$/backup databases.other.replicas[0].url=file://$/b databases.other.meta-directory=$/backup/x | are one, or one is in the other
					""")
	void placeOfAnotherDatabaseIsRefused(String properties, String expected) {
		two(filled(properties)).run((context) -> assertThat(context).getFailure()
			.rootCause()
			.isInstanceOf(LitestreamStartupException.class)
			.hasMessageContaining(expected.replace("$", this.directory.toString())));
	}

	@ParameterizedTest
	@ValueSource(strings = { "false", "true" })
	void linkThatLeadsNowhereIsRefused(String restoring) throws Exception {
		Files.createSymbolicLink(this.directory.resolve("data/app.db"), this.directory.resolve("unmounted/real.db"));
		app(filled("replicas[0].url=file://$/backup restore-if-missing=" + restoring))
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining(
						"is a symbolic link to %s/unmounted/real.db, which does not exist".formatted(this.directory)));
		assertThat(this.directory.resolve("unmounted")).doesNotExist();
	}

	@Test
	void databaseIsRestoredToWhereALinkLeadsAndItsStateIsThere() throws Exception {
		Path volume = Files.createDirectory(this.directory.resolve("volume"));
		Files.createSymbolicLink(this.directory.resolve("data/app.db"), Path.of("../volume/real.db"));
		app(filled("replicas[0].url=file://$/backup restore-if-missing=true"))
			.run((context) -> assertThat(context.getBean(Litestream.class).status().path())
				.isEqualTo(volume.resolve("real.db")));
		assertThat(volume.resolve(".real.db-litestream")).isDirectory();
		assertThat(this.directory.resolve("data/.app.db-litestream")).doesNotExist();
	}

	@Test
	void relativeDirectoriesAreBelowTheWorkingDirectoryInAWebApplicationToo() {
		new WebApplicationContextRunner().withUserConfiguration(Properties.class)
			.withPropertyValues("litestream.meta-directory=.", "litestream.endpoint.restore-directory=restores")
			.run((context) -> {
				DatabaseSettings settings = new SettingsResolver(context.getBean(LitestreamProperties.class))
					.resolve("app", List.of("app"), this.directory.resolve("app.db"), Map.of());
				Path working = Path.of("").toAbsolutePath();
				assertThat(settings.options().metaDirectory()).isEqualTo(working);
				assertThat(settings.restoreDirectory()).isEqualTo(working.resolve("restores"));
			});
	}

	@EnableConfigurationProperties(LitestreamProperties.class)
	static class Properties {

	}

}
