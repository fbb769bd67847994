package org.litestream4j;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FileReader;
import java.io.FileWriter;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameContaining;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The arrows between the packages, and the few rules whose breaking loses data.
 */
class ArchitectureTests {

	private static final String ROOT = "org.litestream4j";

	private static final JavaClasses CLASSES = new ClassFileImporter()
		.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
		.withImportOption((location) -> !location.contains("litestream-test-support"))
		.importPackages(ROOT);

	/** The root package itself, without those below it. */
	private static final String API = "";

	private static final Set<String> LEAVES = Set.of("format", "io", "sqlite", "sqlite.btree", "observe");

	/** A package, the packages of ours that it may import, and why no others. */
	private record Arrows(String from, Set<String> to, String because) {

		ArchRule rule() {
			String[] allowed = Stream.concat(Stream.of(this.from), this.to.stream())
				.map((name) -> name.equals(API) ? ROOT : ROOT + "." + name)
				.toArray(String[]::new);
			return noClasses().that()
				.resideInAPackage(ROOT + "." + this.from)
				.should()
				.dependOnClassesThat(
						resideInAPackage(ROOT + "..").and(DescribedPredicate.not(belongToAnyOf(Internal.class)))
							.and(DescribedPredicate.not(resideInAnyPackage(allowed))))
				.because(this.because)
				.allowEmptyShould(true);
		}

	}

	private static final List<Arrows> ARROWS = List.of(
			new Arrows("format", Set.of(), "the vocabulary is understood without anything else"),
			new Arrows("io", Set.of(), "the disk knows nothing of what is written to it"),
			new Arrows("sqlite", Set.of(), "SQLite's bytes are SQLite's, whatever we do with them"),
			new Arrows("observe", Set.of("format"), "listeners hear of names and positions, and of no machinery"),
			new Arrows("sqlite.btree", Set.of("sqlite"), "what pages hold is SQLite's, wherever pages come from"),
			new Arrows("database", LEAVES, "the code next to the live database must be small enough to be read whole"),
			new Arrows("store", Set.of("io", "observe"),
					"a store keeps objects, and knows no format: what they mean is above it"),
			new Arrows("lease", Set.of("format", "io", "observe", "store"),
					"who may write to a replica is decided without knowing what is written, or in which format"),
			new Arrows("live", plus("database"), "copying the WAL must work without any replica"),
			new Arrows("replication", plus("live", "database", "store", "lease"),
					"shipping and restoring never meet, and know no format"),
			new Arrows("restore", plus("store", "database", API),
					"restoring must work when nothing replicates: on the worst day, on another machine; and in any format"),
			new Arrows("inspect", plus("store", "lease", "restore", API),
					"what is said of a replica is said of any format"),
			new Arrows("history.diff", plus("restore", API),
					"two states are compared, and one is made from the other, whatever format or store they come from"),
			new Arrows("history", plus("store", "restore", "history.diff", API),
					"the past is looked at when nothing replicates, and in any format"),
			new Arrows("format.spi",
					plus("store", "lease", "live", "replication", "restore", "history", "inspect", API),
					"a format fills in what shipping and restoring leave to it; these know neither it nor each other"),
			new Arrows("format.v03",
					plus("database", "store", "lease", "live", "replication", "restore", "history", "inspect",
							"format.spi", API),
					"what the objects of a replica mean is known once, whatever store keeps them"),
			new Arrows("format.ltx",
					plus("database", "store", "lease", "live", "replication", "restore", "history", "inspect",
							"format.spi", API),
					"the same of the other format: neither knows the other"),
			new Arrows("validate", plus("database", "store", "live", "replication", "restore", API),
					"a backup is judged by what a restore makes of it"),
			new Arrows("engine",
					plus("database", "store", "lease", "format.spi", "live", "replication", "restore", "validate", API),
					"it puts everything together, and speaks of it in the types of the API"));

	@TestFactory
	Stream<DynamicTest> packagesImportOnlyWhatTheirArrowsAllow() {
		return ARROWS.stream()
			.map((arrows) -> DynamicTest.dynamicTest(arrows.from(), () -> arrows.rule().check(CLASSES)));
	}

	@Test
	void engineIsStartedOnlyByTheDatabase() {
		noClasses().that()
			.resideInAPackage(ROOT)
			.and(DescribedPredicate.not(nameStartsWith("LitestreamDatabase")))
			.should()
			.dependOnClassesThat()
			.resideInAPackage(ROOT + ".engine..")
			.because("what the API says must not depend on how it is done")
			.check(CLASSES);
		noClasses().that()
			.resideInAPackage(ROOT + ".engine..")
			.should()
			.dependOnClassesThat(nameStartsWith("LitestreamDatabase").and(resideInAPackage(ROOT)))
			.because("the engine does not know who drives it")
			.check(CLASSES);
		noClasses().that()
			.resideInAPackage(ROOT + ".restore..")
			.should()
			.dependOnClassesThat(belongToAnyOf(LitestreamDatabase.class, LitestreamOptions.class,
					LitestreamRestore.class, Replica.class, DatabaseStatus.class, ValidationReport.class))
			.because("it speaks of a restore in the types of the API, and knows of nothing else there")
			.check(CLASSES);
	}

	@Test
	void formatIsChosenInOnePlace() {
		noClasses()
			.that(DescribedPredicate.not(nameStartsWith("ReplicaFormats"))
				.and(DescribedPredicate.not(resideInAPackage(ROOT + ".format.v03"))))
			.should()
			.dependOnClassesThat()
			.resideInAPackage(ROOT + ".format.v03..")
			.because("a second format is added beside the first one, and to nothing that ships or restores")
			.check(CLASSES);
	}

	@Test
	void optionsAreMadeByTheirBuilders() {
		noClasses()
			.that(DescribedPredicate.not(nameStartsWith("LitestreamOptions").or(nameStartsWith("Replica$Options"))))
			.should()
			.callConstructorWhere(describe("a constructor of options",
					(JavaConstructorCall call) -> call.getTargetOwner().isEquivalentTo(LitestreamOptions.class)
							|| call.getTargetOwner().isEquivalentTo(Replica.Options.class)))
			.because("a list of values without their names is read by nobody")
			.check(CLASSES);
	}

	@Test
	void packagesAllHaveArrows() {
		Set<String> known = new TreeSet<>();
		ARROWS.forEach((arrows) -> known.add(ROOT + "." + arrows.from()));
		assertThat(CLASSES).extracting(JavaClass::getPackageName)
			.filteredOn((name) -> !name.equals(ROOT))
			.as("a new package needs its arrows here")
			.isSubsetOf(known);
	}

	@Test
	void packagesAllAreNullMarked() {
		assertThat(CLASSES).extracting(JavaClass::getPackage)
			.allMatch((JavaPackage each) -> each.isAnnotatedWith(NullMarked.class));
	}

	@Test
	void packagesHaveNoCycles() {
		SlicesRuleDefinition.slices()
			.matching(ROOT + ".(**)")
			.should()
			.beFreeOfCycles()
			.because("the path of the data goes one way")
			.check(CLASSES);
	}

	@Test
	void springIsUsedNowhere() {
		noClasses().should()
			.dependOnClassesThat()
			.resideInAPackage("org.springframework..")
			.because("the engine serves any application, and Spring's versions must not bind it")
			.check(CLASSES);
	}

	@Test
	void jdbcIsUsedOnlyNextToDatabases() {
		jdbcRule().check(CLASSES);
	}

	@Test
	void jdbcRuleWhenBrokenFails() {
		// Tests included, one of which uses JDBC there.
		JavaClasses broken = new ClassFileImporter().importPackages(ROOT + ".sqlite");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> jdbcRule().check(broken))
			.withMessageContaining("SqliteWal");
	}

	private static ArchRule jdbcRule() {
		return noClasses().that()
			.resideOutsideOfPackages(ROOT + ".database..", ROOT + ".restore..", ROOT + ".history..")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage("java.sql..", "javax.sql..", "org.sqlite..")
			.because("every connection counts in the locking protocol, so they are all made in one place; "
					+ "restore checks the integrity of files that nobody else has open, and history reads such files");
	}

	@Test
	void sdkOfAStoreIsUsedNowhere() {
		noClasses().should()
			.dependOnClassesThat()
			.resideInAnyPackage("software.amazon.awssdk..", "io.awspring..")
			.because("each store that needs an SDK is a module, so that nobody has one for a store they do not use")
			.check(CLASSES);
	}

	@Test
	void liveFilesAreOpenedOnlyByTheClassThatNeverClosesThem() {
		noClasses()
			.that(resideInAPackage(ROOT + ".database..")
				.and(DescribedPredicate.not(nameStartsWith("DatabaseFile").or(nameStartsWith("KeptFiles"))
					.or(simpleNameContaining("Wal"))
					.or(nameStartsWith("ProcLocks")))))
			.should()
			.dependOnClassesThat(belongToAnyOf(RandomAccessFile.class, FileInputStream.class, FileOutputStream.class,
					FileReader.class, FileWriter.class, FileChannel.class, AsynchronousFileChannel.class))
			.orShould()
			.callMethodWhere(isOneOfFiles("reads",
					Set.of("newByteChannel", "newInputStream", "newBufferedReader", "readAllBytes", "readString",
							"readAllLines", "lines", "copy", "mismatch")))
			.because("closing any descriptor of the database file or its -shm drops SQLite's locks in this process; "
					+ "only the -wal carries none, and /proc/locks is another file")
			.allowEmptyShould(true)
			.check(CLASSES);
	}

	@Test
	void filesAreChangedOnlyThroughTheDisk() {
		noClasses().that()
			.resideOutsideOfPackage(ROOT + ".io..")
			.should()
			.dependOnClassesThat(belongToAnyOf(FileOutputStream.class, FileWriter.class))
			.orShould()
			.callMethodWhere(isOneOfFiles("changes",
					Set.of("write", "writeString", "newOutputStream", "newBufferedWriter", "copy", "move", "delete",
							"deleteIfExists", "createFile", "createDirectory", "createDirectories", "createTempFile",
							"createTempDirectory", "createLink", "createSymbolicLink")))
			.orShould()
			.callMethodWhere(
					describe("a method of java.io.File that changes files",
							(JavaMethodCall call) -> call.getTargetOwner().isEquivalentTo(File.class) && Set
								.of("delete", "mkdir", "mkdirs", "renameTo", "createNewFile", "createTempFile")
								.contains(call.getName())))
			.because("tests cut the power between any two changes, and see only those that go through Disk")
			.check(CLASSES);
	}

	@Test
	void compressionIsUsedOnlyByCodecs() {
		noClasses().that()
			.resideOutsideOfPackage(ROOT + ".format")
			.and(DescribedPredicate.not(nameStartsWith("LtxReader")))
			.and(DescribedPredicate.not(nameStartsWith("LtxWriter")))
			.should()
			.dependOnClassesThat(nameStartsWith("Lz4"))
			.orShould()
			.dependOnClassesThat()
			.resideInAnyPackage("net.jpountz.lz4..")
			.because(
					"what encrypts objects will stand around what compresses them, in one place; but for LTX, which compresses page by page")
			.check(CLASSES);
	}

	@Test
	void consoleIsWrittenNowhere() {
		noClasses().should()
			.dependOnClassesThat(belongToAnyOf(PrintStream.class))
			.because("a library logs, and its user decides where to")
			.check(CLASSES);
	}

	private static DescribedPredicate<JavaClass> nameStartsWith(String prefix) {
		return describe("name starts with " + prefix,
				(JavaClass each) -> each.getName().startsWith(each.getPackageName() + "." + prefix));
	}

	private static DescribedPredicate<JavaMethodCall> isOneOfFiles(String what, Set<String> names) {
		return describe("a method of java.nio.file.Files that %s files".formatted(what),
				(JavaMethodCall call) -> call.getTargetOwner().isEquivalentTo(Files.class)
						&& names.contains(call.getName()));
	}

	private static Set<String> plus(String... more) {
		Set<String> packages = new TreeSet<>(LEAVES);
		packages.addAll(Set.of(more));
		return packages;
	}

}
