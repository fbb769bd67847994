package org.litestream4j.store.s3;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

/** What a store may know of everything else. */
class ArchitectureTests {

	private static final String HERE = "org.litestream4j.store.s3..";

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.importPackages("org.litestream4j.store.s3");

	@Test
	void storeKnowsStoresAndNothingAboveThem() {
		noClasses().should()
			.dependOnClassesThat(resideInAPackage("org.litestream4j..")
				.and(not(resideInAnyPackage(HERE, "org.litestream4j.store", "org.litestream4j.io.."))))
			.because("a store keeps objects, whatever they mean and wherever they come from and go to")
			.check(CLASSES);
	}

	@Test
	void springIsUsedNowhere() {
		noClasses().should()
			.dependOnClassesThat()
			.resideInAPackage("org.springframework..")
			.because("the store serves any application, and Spring's versions must not bind it")
			.check(CLASSES);
	}

	@Test
	void packageIsNullMarked() {
		assertThat(CLASSES).extracting(JavaClass::getPackage)
			.isNotEmpty()
			.allMatch((each) -> each.isAnnotatedWith(NullMarked.class));
	}

}
