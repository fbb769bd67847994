package org.litestream4j;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is API, and that nothing else shows through it.
 */
class ApiArchitectureTests {

	private static final String ROOT = "org.litestream4j";

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.withImportOption((location) -> !location.contains("litestream-test-support"))
		.importPackages(ROOT);

	/** The root, the vocabulary, the past, the listener, and what a store implements. */
	private static final Set<String> API_PACKAGES = Set.of(ROOT, ROOT + ".format", ROOT + ".history", ROOT + ".observe",
			ROOT + ".store");

	/**
	 * What is shown although it is internal, and why: whoever makes the store of a
	 * directory says how its files are written.
	 */
	private static final Set<String> ALLOWED = Set.of(ROOT + ".store.FileStore -> " + ROOT + ".io.Disk");

	@Test
	void packagesAreApiOrInternal() {
		Set<String> neither = new TreeSet<>();
		for (JavaClass each : CLASSES) {
			boolean internal = each.getPackage().isAnnotatedWith(Internal.class);
			if (internal == API_PACKAGES.contains(each.getPackageName())) {
				neither.add(each.getPackageName());
			}
		}
		assertThat(neither).as("each package is either API, and listed here, or marked @Internal").isEmpty();
	}

	@Test
	void apiShowsNothingInternal() {
		Set<String> shown = new TreeSet<>();
		CLASSES.stream().filter(ApiArchitectureTests::isApi).forEach((each) -> {
			supertypes(each).forEach((type) -> add(shown, each, type));
			members(each).filter(ApiArchitectureTests::isVisible)
				.flatMap(ApiArchitectureTests::types)
				.forEach((type) -> add(shown, each, type));
		});
		assertThat(shown).as("what the signatures of the API show though it is none")
			.containsExactlyInAnyOrderElementsOf(ALLOWED);
	}

	@Test
	void apiIsWhatIsMeantToBe() {
		assertThat(CLASSES.stream()
			.filter(ApiArchitectureTests::isApi)
			.filter((each) -> each.getPackageName().equals(ROOT) && !each.isNestedClass())
			.map(JavaClass::getSimpleName)).containsExactlyInAnyOrder("BackupFormat", "BackupReport", "BringBack",
					"DatabaseStatus", "DivergenceException", "Fencing", "Internal", "LeaseOptions",
					"LitestreamDatabase", "LitestreamOptions", "LitestreamRestore", "LtxOptions",
					"NotReplicatedException", "OnDivergence", "OperationRunningException", "PlannedRestore", "Replica",
					"RestoreException", "RestoreOptions", "RestoreProgress", "RestoreReport", "RestoreRequest",
					"RestoreTarget", "RestoreTime", "ValidationReport");
	}

	private static void add(Set<String> shown, JavaClass from, JavaClass type) {
		JavaClass element = type.getBaseComponentType();
		if (element.getPackageName().startsWith(ROOT) && !isApi(element)) {
			shown.add(outermost(from).getName() + " -> " + element.getName());
		}
	}

	/** Public, down from the outermost class, and not marked. */
	private static boolean isApi(JavaClass type) {
		if (!API_PACKAGES.contains(type.getPackageName()) || !isVisible(type.getModifiers())
				|| type.isAnnotatedWith(Internal.class)) {
			return false;
		}
		return type.getEnclosingClass().map(ApiArchitectureTests::isApi).orElse(true);
	}

	private static JavaClass outermost(JavaClass type) {
		return type.getEnclosingClass().map(ApiArchitectureTests::outermost).orElse(type);
	}

	private static Stream<JavaClass> supertypes(JavaClass type) {
		return Stream.concat(type.getRawSuperclass().stream(), type.getRawInterfaces().stream());
	}

	private static Stream<JavaMember> members(JavaClass type) {
		return Stream.of(type.getMethods(), type.getConstructors(), type.getFields())
			.flatMap(Collection::stream)
			.map(JavaMember.class::cast);
	}

	private static boolean isVisible(JavaMember member) {
		return isVisible(member.getModifiers()) && !member.getModifiers().contains(JavaModifier.SYNTHETIC);
	}

	private static boolean isVisible(Set<JavaModifier> modifiers) {
		return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
	}

	private static Stream<JavaClass> types(JavaMember member) {
		if (member instanceof JavaField field) {
			return field.getType().getAllInvolvedRawTypes().stream();
		}
		JavaCodeUnit unit = (JavaCodeUnit) member;
		List<JavaType> types = Stream.concat(Stream.of(unit.getReturnType()), unit.getParameterTypes().stream())
			.toList();
		return Stream.concat(types.stream().flatMap((type) -> type.getAllInvolvedRawTypes().stream()),
				unit.getExceptionTypes().stream());
	}

}
