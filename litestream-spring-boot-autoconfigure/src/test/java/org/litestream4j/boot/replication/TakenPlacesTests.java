package org.litestream4j.boot.replication;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.boot.LitestreamStartupException;
import org.litestream4j.boot.replication.TakenPlaces.Taken;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link TakenPlaces}.
 */
class TakenPlacesTests {

	private final TakenPlaces places = new TakenPlaces();

	private static Taken taken(String name, String database, String meta, String replica) {
		return new Taken(new Places(name, Path.of(database), Path.of(meta), Path.of(meta, "restores"),
				Map.of("litestream.replicas[0]", Path.of(replica))), Set.of("file://" + replica));
	}

	private static Taken first() {
		return taken("first", "/data/app.db", "/data/.app.db-litestream", "/backup/first");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					/data/b.db       | /data/.b            | /backup/first                    | have one replica path
					/data/b.db       | /data/.app.db-litestream | /backup/b                   | have one meta-directory
					/data/b.db       | /data/.b            | /data                            | holds the database /data/app.db itself
					/data/b.db       | /data/.b            | /data/app.db                     | would be the database
					/data/b.db       | /data/.b            | /data/app.db-wal                 | would be the database
					/data/b.db       | /data/.b            | /data/app.db-shm/deep            | would be the database
					/data/b.db       | /data/.b            | /data/.app.db-litestream/in/side | one is in the other
					/backup/first/x/b.db | /data/.b        | /backup/b                        | holds the database /backup/first/x/b.db itself
					/data/b.db       | /backup/first/meta  | /backup/b                        | one is in the other
					/data/b.db       | /backup             | /other/b                         | one is in the other
					/backup/first    | /data/.b            | /other/b                         | would be the database
					/backup/firs     | /data/.b            | /other/b                         | -
					/data/app.db2    | /data/.b            | /backup/first2                   | -
					/data/b.db       | /data/.b            | /backup/first/nested             | -
					/data/b.db       | /data/.b            | /backup                          | -
					/data/b.db       | /data/.app.db-litestream2 | /data/app.db-wall          | -
					""")
	void placesOfAnotherDatabaseAreRefused(String database, String meta, String replica, String refused) {
		this.places.take(first());
		Taken second = taken("second", database, meta, replica);
		if (refused.equals("-")) {
			this.places.take(second);
		}
		else {
			assertThatExceptionOfType(LitestreamStartupException.class).isThrownBy(() -> this.places.take(second))
				.withMessageContaining(refused);
			this.places.giveBack("first");
			assertThatCode(() -> this.places.take(second)).doesNotThrowAnyException();
		}
	}

	@Test
	void whatWasRefusedHasTakenNothing() {
		this.places.take(first());
		Taken refused = taken("second", "/data/b.db", "/data/.b", "/backup/first");
		assertThatExceptionOfType(LitestreamStartupException.class).isThrownBy(() -> this.places.take(refused));
		this.places.giveBack("second");
		this.places.take(taken("third", "/data/b.db", "/data/.b", "/backup/third"));
		assertThat(this.places.isOurs(Path.of("/data/.b"))).isTrue();
		assertThat(this.places.isOurs(Path.of("/backup/first"))).isTrue();
		this.places.giveBack("first");
		assertThat(this.places.isOurs(Path.of("/backup/first"))).isFalse();
	}

}
