package org.litestream4j.store.tck;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;

import static org.assertj.core.api.Assertions.assertThat;

/** The contract accepts what keeps it, and finds each way to break it. */
class ObjectStoreContractTests {

	@AfterEach
	void noFaults() {
		MapStoreContract.faults = EnumSet.noneOf(MapStore.Fault.class);
	}

	@Test
	void storeThatKeepsTheContractPasses() {
		Events events = run(Set.of());
		assertThat(failures(events)).isEmpty();
		assertThat(events.succeeded().count()).isGreaterThan(35);
		assertThat(events.skipped().count() + events.aborted().count()).isZero();
	}

	@Test
	void storeThatCanDoLessPassesToo() {
		assertThat(failures(run(Set.of(MapStore.Fault.KEEPS_NO_METADATA, MapStore.Fault.REFUSES_CONDITIONS),
				"metadataIsKeptOrNot", "absentStoresOnlyWhatIsNotThere", "unchangedReplacesOnlyWhatWasSeen",
				"ofManyWhoWantOneNameExactlyOneGetsIt", "ofManyWhoReplaceWhatTheySawExactlyOneDoes")))
			.isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "SHOWS_SECRET_IN_URL, typeAndUrlNameTheStore", "FORGETS_METADATA, metadataIsKeptOrNot",
			"CLOCK_IS_WRONG, timeIsWhenTheObjectWasStored", "CLOCK_IS_WRONG, clockIsCloseToOursOnceSomethingWasStored",
			"DIRECTORIES_ARE_WHOLE_NAMES, listingADirectoryShowsWhatIsDirectlyInIt",
			"LISTS_BY_PREFIX, listingADirectoryShowsWhatIsDirectlyInIt",
			"LISTS_TOO_DEEP, listingADirectoryShowsWhatIsDirectlyInIt",
			"LISTS_ONE_PAGE, listingIsCompleteWithThousandsOfObjects", "GOES_ON, visitorMayEndTheVisit",
			"RACES, ofManyWhoWantOneNameExactlyOneGetsIt", "RACES, ofManyWhoReplaceWhatTheySawExactlyOneDoes",
			"RACES, putIfAbsentThatComesLateReplacesNothing", "RACES, putIfUnchangedThatComesLateReplacesNothing",
			"IGNORES_TAGS, unchangedReplacesOnlyWhatWasSeen", "REPLACES_WHAT_IS_THERE, absentStoresOnlyWhatIsNotThere",
			"SHOWS_WHAT_IS_HALF_WRITTEN, objectIsInvisibleUntilItIsWhole",
			"SHOWS_WHAT_IS_HALF_WRITTEN, failedReplacementKeepsTheOldObject",
			"HOLDS_ALL_IN_MEMORY, largeObjectTakesBoundedMemory",
			"KEEPS_WHAT_FAILED, contentThatFailsLeavesNothingBehind",
			"KEEPS_WHAT_FAILED, contentThatFailsUncheckedLeavesNothingBehind",
			"MISSING_IS_EMPTY, missingObjectsAreReportedAsMissing",
			"OPENS_ANOTHER, replacedObjectIsNotOpenedByItsOldTag", "FAILS_BEYOND_THE_END, anyPartCanBeRead",
			"RANGE_INCLUDES_ITS_END, anyPartCanBeRead", "DECODES_NAMES, namesNeedNoEscaping",
			"MISSES_WHAT_IS_GONE, deletingRemovesWhatWasNamedAndNothingElse",
			"DELETES_BELOW, deletingRemovesWhatWasNamedAndNothingElse",
			"SAYS_SECRETS, failuresAreOneSentenceWithoutSecrets", "CLOSES_OTHERS, anotherStoreSeesTheSame",
			"LANES_DIFFER, laneIsTheSameForAllStoresOfAPlaceAndKnownWithoutAsking",
			"DISCARDS_OBJECTS, whatIsUnfinishedIsDiscardedAndNothingElse",
			"THROWS_WHEN_IT_DISCARDS, failingToDiscardIsNotThrown" })
	void brokenStoreIsFound(MapStore.Fault fault, String by) {
		assertThat(failures(run(Set.of(fault), by))).containsExactly(by);
	}

	@Test
	void refusalThatStoresIsFound() {
		assertThat(failures(run(Set.of(MapStore.Fault.REFUSES_CONDITIONS, MapStore.Fault.STORES_WHAT_IT_REFUSES),
				"absentStoresOnlyWhatIsNotThere")))
			.isNotEmpty();
	}

	private static Events run(Set<MapStore.Fault> faults, String... methods) {
		MapStoreContract.faults = faults;
		EngineTestKit.Builder kit = EngineTestKit.engine("junit-jupiter");
		if (methods.length == 0) {
			kit.selectors(DiscoverySelectors.selectClass(MapStoreContract.class));
		}
		for (String method : methods) {
			kit.selectors(DiscoverySelectors.selectMethod(MapStoreContract.class, method));
		}
		return kit.execute().testEvents();
	}

	private static List<String> failures(Events events) {
		Stream<String> names = events.failed()
			.stream()
			.map((event) -> event.getTestDescriptor().getDisplayName().replace("()", ""));
		return names.toList();
	}

}
