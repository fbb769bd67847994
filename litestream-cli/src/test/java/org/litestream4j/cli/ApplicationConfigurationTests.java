package org.litestream4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.store.StoreDefinition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ApplicationConfigurationTests {

	@TempDir
	private Path directory;

	private Path write(String name, String text) throws IOException {
		return Files.writeString(this.directory.resolve(name), text);
	}

	@ParameterizedTest
	@CsvSource({ "restore,-o", "snapshots,-json", "check,-json", "status,-json", "wal,-json", "generations,-json" })
	void commandsTakeTheNameOfADatabase(String command, String option) throws IOException {
		Files.createDirectory(this.directory.resolve("backup"));
		Path replica = Recorded.copy("plain", this.directory.resolve("backup/orders"));
		Path file = write("application.yml", """
				litestream:
				  replicas:
				    - url: file://%s/{database}
				""".formatted(replica.getParent()));
		List<String> arguments = option.equals("-o") ? List.of("-o", this.directory.resolve("app.db").toString())
				: List.of(option);
		CliRun run = CliRun
			.of(Stream.concat(Stream.of(command, "--config", file.toString(), "orders"), arguments.stream())
				.toArray(String[]::new));
		assertThat(run.code()).as("%s", run).isZero();
		assertThat(run.err()).isEmpty();
	}

	@Test
	void propertiesFileAndPlaceholdersAndDirectoryAreRead() throws IOException {
		write("application.properties", """
				backup.bucket=my-bucket
				litestream.replicas[0].type=s3
				litestream.replicas[0].bucket=${backup.bucket}
				litestream.replicas[0].path=app/{database}
				litestream.replicas[0].region=eu-central-1
				litestream.replicas[0].access-key-id=${NO_SUCH_VARIABLE:AKIDEXAMPLE}
				litestream.replicas[0].secret-access-key=secret
				""");
		StoreDefinition store = ApplicationConfiguration.read(this.directory, List.of()).replica("dataSource", null);
		assertThat(store.type()).isEqualTo("s3");
		assertThat(store.properties()).containsAllEntriesOf(Map.of("bucket", "my-bucket", "path", "app/dataSource",
				"region", "eu-central-1", "access-key-id", "AKIDEXAMPLE", "secret-access-key", "secret"));
		assertThat(store.wording().apply("region")).isEqualTo("litestream.replicas[0].region");
	}

	@Test
	void profilesOverrideAndAreBesideTheFile() throws IOException {
		Path file = write("application.yml", "litestream.replicas[0].url: file:///default\n");
		write("application-prod.yml", "litestream.replicas[0].url: file:///prod\n");
		assertThat(ApplicationConfiguration.read(file, List.of()).replica("app", null).url())
			.isEqualTo("file:///default");
		assertThat(ApplicationConfiguration.read(file, List.of("prod")).replica("app", null).url())
			.isEqualTo("file:///prod");
	}

	@Test
	void systemPropertiesOverrideAsInTheApplication() throws IOException {
		Path file = write("application.yml", "litestream.replicas[0].url: file:///default\n");
		System.setProperty("litestream.replicas[0].url", "file:///other");
		try {
			assertThat(ApplicationConfiguration.read(file, List.of()).replica("app", null).url())
				.isEqualTo("file:///other");
		}
		finally {
			System.clearProperty("litestream.replicas[0].url");
		}
	}

	@Test
	void databaseOfItsOwnAndItsReplicasAreFoundByName() throws IOException {
		Path file = write("application.yml", """
				litestream:
				  replicas:
				    - url: file:///all/{database}
				  databases:
				    orders-db:
				      replicas:
				        - url: file:///near
				          name: near
				        - url: sftp://user@host/far
				          name: far
				""");
		ApplicationConfiguration configuration = ApplicationConfiguration.read(file, List.of());
		assertThat(configuration.replica("ordersDb", "far").url()).isEqualTo("sftp://user@host/far");
		assertThat(configuration.replica("other", null).url()).isEqualTo("file:///all/other");
		assertThatIllegalArgumentException().isThrownBy(() -> configuration.replica("ordersDb", null))
			.withMessageContaining("configures the replicas near, far of database 'ordersDb': say which with -replica");
	}

	@Test
	void credentialsOfSpringCloudAwsAreUsed() throws IOException {
		Path file = write("application.yml", """
				spring.cloud.aws:
				  region.static: eu-west-1
				  endpoint: http://minio:9000
				  s3.path-style-access-enabled: true
				  credentials:
				    access-key: key
				    secret-key: secret
				litestream.replicas[0].url: s3://bucket/app
				""");
		assertThat(ApplicationConfiguration.read(file, List.of()).replica("app", null).properties())
			.containsAllEntriesOf(Map.of("region", "eu-west-1", "endpoint", "http://minio:9000", "force-path-style",
					"true", "access-key-id", "key", "secret-access-key", "secret"));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					-config missing.yml app                             | which cannot be read: the application's application.yml
					-config app.jar app                                 | an archive: unzip what it has in BOOT-INF/classes/application*
					-config empty.yml app                               | configures no replica of database 'app'
					-config bad.yml app                                 | property 'litestream.replicas[0].snapshot-interval' cannot be understood: 'soon' is not a valid duration
					-config broken.yml app                              | cannot be read:
					-config ftp.yml app                                 | ftp
					-config empty.yml file:///r                         | give the name of a database instead
					-config empty.yml -region eu app                    | what they say is configured there
					-profile prod file:///r                             | without -config
					-replica near file:///r                             | without -config
					""")
	void badInputIsAnsweredWithOneSentence(String arguments, String expected) throws IOException {
		write("empty.yml", "spring.application.name: x\n");
		write("app.jar", "PK");
		write("bad.yml", "litestream.replicas[0]: {url: 'file:///r', snapshot-interval: soon}\n");
		write("broken.yml", "a: [1\nb: }\n");
		write("ftp.yml", "litestream.replicas[0].url: ftp://host/x\n");
		String here = arguments.replaceAll("(\\w+\\.(?:yml|jar))", this.directory + "/$1");
		CliRun run = CliRun.of(("snapshots " + here).split(" "));
		assertThat(run.code()).as("%s", run).isEqualTo(2);
		assertThat(run.err()).contains(expected).doesNotContain("\tat ");
		assertThat(run.err().lines()).hasSizeLessThanOrEqualTo(2);
	}

}
