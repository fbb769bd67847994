package org.litestream4j.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** Tests for {@link ReplicaUrl}, {@link FileUrl} and {@link StoreProviders}. */
class ReplicaUrlTests {

	private static final StoreProviders PROVIDERS = StoreProviders.of(List.of(),
			ReplicaUrlTests.class.getClassLoader());

	private static FileUrl parse(String url) {
		return FileUrl.parse(PROVIDERS.parse(url));
	}

	@Test
	void kindsOfStoresThatAreThereAreNamed() {
		StoreProvider vault = new StoreProvider() {

			@Override
			public boolean supports(String type) {
				return type.equals("vault");
			}

			@Override
			public List<String> urls() {
				return List.of("vault://name", "vault:name");
			}

			@Override
			public ObjectStore open(StoreDefinition definition) {
				throw new UnsupportedOperationException();
			}

		};
		StoreProviders providers = StoreProviders.of(List.of(vault), getClass().getClassLoader());
		assertThatIllegalArgumentException().isThrownBy(() -> providers.parse("ftp://host/x"))
			.withMessage("A replica's url begins with 'ftp:':"
					+ " file:///directory, vault://name or vault:name is expected");
		assertThat(providers.parse("vault:x")).isEqualTo(new ReplicaUrl("vault", "x"));
		assertThat(providers.find("vault")).containsSame(vault);
	}

	@Test
	void propertyThatAStoreDoesNotKnowIsRefused() {
		StoreDefinition definition = new StoreDefinition("file", "file:///x", Map.of("host", "PLANTED"),
				"replicas[0].properties.%s"::formatted, null);
		assertThatIllegalArgumentException().isThrownBy(() -> PROVIDERS.open(definition))
			.withMessage("'replicas[0].properties.host' is not known to a replica of type 'file', which knows path");
	}

	@ParameterizedTest
	@CsvSource({ "file:///var/backups/app,/var/backups/app", "file:/var/backups/app,/var/backups/app",
			"file://localhost/var/x,/var/x", "FILE:///x,/x", "file:backups/app,backups/app", "file:./data,./data",
			"file:///my%20backups/%C3%A4,/my backups/ä", "file:///100%/x,/100%/x", "'file:///with space',/with space" })
	void fileUrlNamesADirectory(String url, String directory) {
		assertThat(parse(url)).isEqualTo(new FileUrl(Path.of(directory)));
	}

	@Test
	void directoryWhoseNameLooksEncodedIsFoundWhereOnlyThatOneExists(@TempDir Path directory) throws Exception {
		String url = "file://%s/r%%20y".formatted(directory);
		Path decoded = directory.resolve("r y");
		assertThat(parse(url)).as("neither exists").isEqualTo(new FileUrl(decoded));
		Path literal = Files.createDirectory(directory.resolve("r%20y"));
		assertThat(parse(url)).as("as the real one writes it").isEqualTo(new FileUrl(literal));
		Files.createDirectory(decoded);
		assertThat(parse(url)).as("both exist").isEqualTo(new FileUrl(decoded));
	}

	@ParameterizedTest
	@CsvSource({ "file:///var/x", "file:x/y", "file:///100%25/%25x" })
	void textFormIsReadBackAsTheSame(String url) {
		FileUrl parsed = parse(url);
		assertThat(parse(parsed.toString())).isEqualTo(parsed);
	}

	@ParameterizedTest
	@CsvSource({ "gs://bucket/x,'gs:'", "/var/backups,'/var/backups'", "'',''", "file:,names no directory",
			"file://,names no directory", "file://host/dir,names the host 'host'", "file:///x\u0000y,is not a path",
			"file:///x\ud800y,start it with LC_ALL=C.UTF-8" })
	void whatIsWrongIsNamed(String url, String expected) {
		assertThatIllegalArgumentException().isThrownBy(() -> parse(url)).withMessageContaining(expected);
	}

	@Test
	void secretsAreNotRepeated() {
		for (String url : new String[] { "http://u:planted-secret@host/x", "file://u:planted-secret@host/x",
				"u:planted-secret@host" }) {
			assertThatIllegalArgumentException().isThrownBy(() -> parse(url))
				.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("planted"));
		}
	}

}
