package org.litestream4j.boot;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * The arrows between the starter's packages.
 */
class BootArchitectureTests {

	private static final String ROOT = "org.litestream4j.boot";

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.withImportOption((location) -> !location.contains("auto-test"))
		.importPackages(ROOT);

	/** A package, those of the starter that it may import, and why no others. */
	private record Arrows(String from, Set<String> to, String because) {
	}

	private static final List<Arrows> ARROWS = List.of(
			new Arrows("", Set.of(), "what applications use knows nothing of how it is done"),
			new Arrows(".event", Set.of(), "events are told by names and positions"),
			new Arrows(".jdbc", Set.of(), "watching connections works for any database"),
			new Arrows(".replication", Set.of("", ".jdbc", ".event"),
					"finding, restoring and starting databases knows no properties and no actuator"),
			new Arrows(".actuate", Set.of("", ".event"), "the actuator is optional, and so is all that uses it"),
			new Arrows(".autoconfigure", Set.of("", ".jdbc", ".event", ".replication", ".actuate"),
					"configuration puts the rest together"));

	@TestFactory
	Stream<DynamicTest> packagesImportOnlyWhatTheirArrowsAllow() {
		return ARROWS.stream().map((arrows) -> DynamicTest.dynamicTest(ROOT + arrows.from(), () -> {
			String[] allowed = Stream.concat(Stream.of(arrows.from()), arrows.to().stream())
				.map((name) -> ROOT + name)
				.toArray(String[]::new);
			noClasses().that()
				.resideInAPackage(ROOT + arrows.from())
				.should()
				.dependOnClassesThat(
						resideInAPackage(ROOT + "..").and(DescribedPredicate.not(resideInAnyPackage(allowed))))
				.because(arrows.because())
				.check(CLASSES);
		}));
	}

	@Test
	void packagesAllHaveArrows() {
		Set<String> known = new TreeSet<>();
		ARROWS.forEach((arrows) -> known.add(ROOT + arrows.from()));
		assertThat(CLASSES).extracting(JavaClass::getPackageName)
			.as("a new package needs its arrows here")
			.isSubsetOf(known);
	}

	@Test
	void packagesAllAreNullMarked() {
		assertThat(CLASSES).extracting(JavaClass::getPackage)
			.allMatch((each) -> each.isAnnotatedWith(NullMarked.class));
	}

	@Test
	void packagesHaveNoCycles() {
		SlicesRuleDefinition.slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
	}

}
