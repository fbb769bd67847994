package org.litestream4j.store.tck;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Set;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.ConditionTrial;
import org.litestream4j.store.ConditionTrial.Verdict;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ForwardingStore;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoreCapabilities.Conditions;
import org.litestream4j.store.StoreTrial;
import org.litestream4j.store.StoredObject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/** What is trusted is what was seen: of stores that decide, and of those that do not. */
class StoreTrialTests {

	@TempDir
	private Path directory;

	private MapStore.Place place() {
		return new MapStore.Place(this.directory, false);
	}

	@Test
	void storeThatDecidesIsFoundToAndNothingIsLeft() throws Exception {
		MapStore.Place place = place();
		ConditionTrial trial = StoreTrial.conditions(new MapStore(place, Set.of()));
		assertThat(trial).isEqualTo(new ConditionTrial(Verdict.KEPT, Verdict.KEPT, ""));
		assertThat(trial.canFence()).isTrue();
		assertThat(trial.conditions()).isEqualTo(Conditions.ATOMIC);
		assertThat(place.names()).isEmpty();
	}

	@Test
	void directoryIsFoundToDecideAndNothingIsLeft() throws Exception {
		Path root = this.directory.resolve("replica");
		try (FileStore store = new FileStore(root, SystemDisk.ownerOnly())) {
			assertThat(StoreTrial.conditions(store)).isEqualTo(new ConditionTrial(Verdict.KEPT, Verdict.KEPT, ""));
			assertThat(store.capabilities().conditions()).isEqualTo(Conditions.ATOMIC);
		}
		assertThat(root).isEmptyDirectory();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					REPLACES_WHAT_IS_THERE | IGNORED | REFUSED | takes the condition that an object is absent and stores another one all the same
					REFUSES_CONDITIONS     | REFUSED | REFUSED | does not store an object on the condition that it is absent
					IGNORES_TAGS           | KEPT    | IGNORED | takes the condition that an object is unchanged and stores another one all the same
					""")
	void storeThatDoesNotIsFoundNotTo(MapStore.Fault fault, Verdict absent, Verdict unchanged, String what)
			throws Exception {
		MapStore.Place place = place();
		ConditionTrial trial = StoreTrial.conditions(new MapStore(place, Set.of(fault)));
		assertThat(trial).isEqualTo(new ConditionTrial(absent, unchanged, "the store of replica map://place " + what));
		assertThat(trial.canFence()).isEqualTo(absent == Verdict.KEPT);
		assertThat(trial.conditions()).isEqualTo(Conditions.NONE);
		assertThat(place.names()).as("nothing is left").isEmpty();
	}

	/** However often: what is refused because of one's own put is no failure. */
	@ParameterizedTest
	@CsvSource({ "1", "2", "3", "4" })
	void answersThatAreLostChangeNothing(int lost) throws Exception {
		MapStore.Place place = place();
		ObjectStore store = new LosingStore(new MapStore(place, Set.of()), lost);
		assertThat(StoreTrial.conditions(store)).isEqualTo(new ConditionTrial(Verdict.KEPT, Verdict.KEPT, ""));
		assertThat(place.names()).isEmpty();
	}

	@Test
	void storeThatAlwaysRefusesToReplaceIsNotUsedForIt() throws Exception {
		ObjectStore store = new Wrapped(new MapStore(place(), Set.of())) {
			@Override
			public StoredObject put(NewObject object, ObjectContent content) throws IOException {
				if (object.precondition() instanceof Precondition.Unchanged) {
					throw new PreconditionFailedException("another is there", null);
				}
				return super.put(object, content);
			}
		};
		assertThat(StoreTrial.conditions(store)).isEqualTo(new ConditionTrial(Verdict.KEPT, Verdict.REFUSED,
				"the store of replica map://place does not store an object on the condition that it is unchanged"));
	}

	@Test
	void storeThatCannotBeReachedSaysNothingAboutIt() {
		assertThatIOException()
			.isThrownBy(() -> StoreTrial.conditions(new MapStore(new MapStore.Place(this.directory, true), Set.of())))
			.withMessageContaining("it is broken; mend it");
	}

	@Test
	void objectThatMayNotBeDeletedStays() throws Exception {
		MapStore.Place place = place();
		ObjectStore store = new Wrapped(new MapStore(place, Set.of())) {
			@Override
			public void delete(Collection<String> names) throws IOException {
				throw new IOException("access denied");
			}
		};
		assertThat(StoreTrial.conditions(store).canFence()).isTrue();
		assertThat(place.names()).singleElement().asString().matches("trial-[0-9a-f]{16}");
	}

	/** Is another store, but for what it changes. */
	private abstract static class Wrapped extends ForwardingStore {

		Wrapped(ObjectStore store) {
			super(store);
		}

		@Override
		public ObjectStore afresh() {
			return this;
		}

	}

	/** Loses the answer to one put, and tries again by itself, as clients do. */
	private static final class LosingStore extends Wrapped {

		private int left;

		LosingStore(ObjectStore store, int lost) {
			super(store);
			this.left = lost;
		}

		@Override
		public StoredObject put(NewObject object, ObjectContent content) throws IOException {
			this.left--;
			if (this.left == 0) {
				super.put(object, content);
			}
			return super.put(object, content);
		}

	}

}
