package org.litestream4j.sample;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The page with the notes and that with the backups in a real browser, by keyboard for
 * the most part, and below a context path. All tests share one application and one
 * browser, as starting them takes longer than what is tested.
 */
@TestInstance(Lifecycle.PER_CLASS)
class PageIT {

	private static final String CONTEXT = "/app";

	private static final String DATABASE = CONTEXT + Notes.DATABASE;

	private Path home = Path.of("unset");

	private SampleProcess sample;

	private Browser browser;

	@BeforeAll
	void start(@TempDir Path home, @TempDir Path profile) throws Exception {
		if (!Browser.isInstalled() && "true".equals(System.getenv("CI"))) {
			fail("Chromium is missing: apt-get install chromium chromium-driver");
		}
		assumeTrue(Browser.isInstalled(), "no browser: apt-get install chromium chromium-driver");
		this.home = home;
		Path second = home.resolve("second.db");
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + second);
				Statement statement = connection.createStatement()) {
			statement.execute("create table t (x)");
		}
		this.sample = SampleProcess.start(home, "--server.servlet.context-path=" + CONTEXT,
				"--litestream.databases.second.path=" + second,
				"--litestream.databases.second.replicas[0].url=" + home.resolve("second-replica").toUri(),
				"--litestream.databases.second.replicas[0].format=ltx");
		this.browser = Browser.start(profile);
	}

	@AfterAll
	void stop() {
		if (this.browser != null) {
			this.browser.close();
		}
		if (this.sample != null) {
			this.sample.close();
		}
	}

	@BeforeEach
	void deleteNotesAndRestoredFiles() {
		for (JsonNode note : this.sample.get(CONTEXT + "/api/notes?limit=10000").is(200).json()) {
			this.sample.delete(CONTEXT + "/api/notes/" + note.get("id").asLong()).is(204);
		}
		for (JsonNode file : this.sample.get(DATABASE + "/restored").is(200).json().get("restored")) {
			this.sample.delete(DATABASE + "/restored/" + file.get("name").asString()).is(204);
		}
	}

	@Test
	void noteIsWrittenShownAsTextAndDeletedByKeyboard() {
		openNotes();
		this.browser.awaitText("#notes-empty", "Nothing written yet.");
		String text = "<img src=x onerror=\"document.title='broken'\"> & more";

		this.browser.find("#note-text").click();
		this.browser.type(text);
		this.browser.submit();

		this.browser.awaitText(".note .note-text", text);
		assertThat(this.browser.all(".note img")).isEmpty();
		assertThat(this.browser.run("return document.title")).isEqualTo("Notes");
		this.browser.awaitText("#note-count", "1 note");
		assertThat(this.browser.focused()).isEqualTo("note-text");
		this.browser.type(Keys.TAB, Keys.TAB);
		assertThat(this.browser.focused()).isEqualTo("plain delete");
		this.browser.type(Keys.ENTER);
		this.browser.awaitText("#notes-empty", "Nothing written yet.");
		assertThat(this.browser.focused()).isEqualTo("notes-heading");
		assertThat(this.sample.get(CONTEXT + "/api/notes/count").json().get("count").asInt()).isZero();
	}

	@Test
	void deletionIsTakenBack() {
		write(2);
		JsonNode before = this.sample.get(CONTEXT + "/api/notes").json();
		openNotes();
		this.browser.awaitText("#note-count", "2 notes");

		this.browser.find(".note .delete").click();
		this.browser.awaitText("#note-count", "1 note");
		this.browser.find("#notes-message button").click();

		this.browser.awaitText("#note-count", "2 notes");
		this.browser.awaitText("#notes-message", "The note is back.");
		assertThat(this.sample.get(CONTEXT + "/api/notes").json()).isEqualTo(before);
	}

	@Test
	void serverThatGoesAwayIsSaidAndTheTextIsKept() {
		write(1);
		openNotes();
		this.browser.awaitText("#note-count", "1 note");

		this.browser.run("window.fetch = () => Promise.reject(new TypeError('gone'))");
		this.browser.find("#note-text").sendKeys("lost?", Keys.chord(Keys.CONTROL, Keys.ENTER));
		this.browser.awaitText("#notes-message", "The note was not added. The server does not answer.");

		assertThat(this.browser.find("#note-text").getDomProperty("value")).isEqualTo("lost?");
	}

	@Test
	void notesHaveNoBarriersAndLookGoodEverywhere() {
		fill();
		openNotes();
		this.browser.awaitText("#note-count", "4 notes");
		requireNoBarriers("notes");
	}

	@Test
	void backupStandsWhereTheNotesSayAndIsSeenAtAGlance() {
		write(5);
		JsonNode position = sync();
		openNotes();
		this.browser.find("#backups").sendKeys(Keys.ENTER);
		await().atMost(Duration.ofSeconds(60)).until(() -> this.browser.address().endsWith(CONTEXT + "/litestream/"));

		this.browser.awaitText("#verdict-title", "Every change is in the replica.");
		this.browser.awaitText("#facts", position.get("generation").asString());
		this.browser.awaitText(".replica .state", "Replicating");
		this.browser.awaitText(".replica .lag", "none");
		this.browser.awaitText(".replica .snapshot", "ago");
		assertThat(this.browser.text(".replica-url")).contains("data/replica");
		this.browser.find(".validate").click();
		this.browser.awaitText("#replication-message", "identical to the database, byte for byte");
		this.browser.awaitText(".replica .validation", "identical");
		this.browser.find(".take-snapshot").click();
		this.browser.awaitText("#replication-message", "A snapshot was written");
	}

	@Test
	void earlierPointIsRestoredAndDownloadedByKeyboard() throws Exception {
		write(3);
		sync();
		List<String> earlier = texts();
		openBackups();
		this.browser.awaitText("#point-ago", "newest");
		int points = points();
		write(2);
		sync();
		await().atMost(Duration.ofSeconds(60)).until(() -> points() > points);

		this.browser.find("#track").sendKeys(Keys.HOME);
		assertThat(aria("aria-valuenow")).isEqualTo("0");
		this.browser.type(Keys.END);
		assertThat(aria("aria-valuenow")).isEqualTo(aria("aria-valuemax"));
		assertThat(this.browser.text("#point-ago")).startsWith("newest");
		this.browser.type(Keys.ARROW_LEFT);
		assertThat(this.browser.text("#point-ago")).doesNotContain("newest");
		this.browser.find("#plan").sendKeys(Keys.ENTER);
		this.browser.awaitText("#planned-facts", "segment");
		assertThat(this.browser.focused()).isEqualTo("planned-title");
		assertThat(this.sample.get(DATABASE + "/restored").json().get("restored")).isEmpty();
		this.browser.find("#restore").sendKeys(Keys.ENTER);
		this.browser.awaitText("#restore-message", "Restored");
		assertThat(this.browser.focused()).isEqualTo("plan");

		String link = String.valueOf(this.browser.find("#restored-list .download").getDomProperty("href"));
		Path file = this.home.resolve("downloaded.db");
		Files.write(file, this.sample.download(URI.create(link).getRawPath()));
		assertThat(Notes.allIn(file)).map((note) -> note.replaceFirst("\\d+ ", "")).containsAll(earlier);
		this.browser.find("#restored-list .remove").sendKeys(Keys.ENTER);
		this.browser.awaitText("#restored-message", "was removed");
		assertThat(this.browser.all("#restored-list li")).isEmpty();
	}

	@Test
	void tableAloneIsRestoredByKeyboardAndAWrongNameIsSaid() throws Exception {
		write(3);
		sync();
		openBackups();
		this.browser.awaitText("#point-ago", "newest");
		this.browser.find("#plan").sendKeys(Keys.ENTER);
		this.browser.awaitText("#planned-facts", "segment");
		this.browser.type(Keys.TAB);
		assertThat(this.browser.focused()).isEqualTo("restore-tables");
		this.browser.type("nosuch, notes");
		assertThat(this.browser.text("#planned-path")).endsWith("-only-nosuch-notes.db");
		this.browser.type(Keys.ENTER);
		this.browser.awaitText("#restore-message", "There is no table 'nosuch' in that state: there are");
		assertThat(this.browser.focused()).isEqualTo("restore-tables");
		assertThat(this.browser.barriers()).isEmpty();
		assertThat(this.sample.get(DATABASE + "/restored").json().get("restored")).isEmpty();

		this.browser.find("#restore-tables").sendKeys(Keys.chord(Keys.CONTROL, "a"), "notes");
		for (String scheme : List.of("light", "dark")) {
			this.browser.prefer(scheme);
			assertThat(this.browser.barriers()).as(scheme).isEmpty();
			this.browser.screenshot("backups-tables-" + scheme);
		}
		this.browser.type(Keys.ENTER);
		this.browser.awaitText("#restore-message", "Restored notes (3 rows) to ");
		assertThat(this.browser.focused()).isEqualTo("plan");
		this.browser.awaitText("#restored-list", "-only-notes.db");
		JsonNode restored = this.sample.get(DATABASE + "/restored").json().get("restored");
		Path file = this.home.resolve("data/.notes.db-litestream/restores")
			.resolve(restored.get(0).get("name").asString());
		assertThat(file).isRegularFile();
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = connection.createStatement();
				ResultSet tables = statement.executeQuery(
						"SELECT group_concat(name) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")) {
			assertThat(tables.getString(1)).isEqualTo("notes");
		}
	}

	@Test
	void backupsHaveNoBarriersAndLookGoodEverywhere() {
		fill();
		this.sample.post(DATABASE + "/validate", "{}").is(200);
		this.sample.post(DATABASE + "/restore", "{\"outputPath\": \"notes-drill.db\"}").is(200);
		openBackups();
		this.browser.awaitText("#verdict-title", "Every change is in the replica.");
		this.browser.awaitText("#point-ago", "newest");
		this.browser.awaitText("#restored-list", "notes-drill.db");
		this.browser.find("#plan").click();
		this.browser.awaitText("#planned-facts", "segment");
		requireNoBarriers("backups");
		assertThat(this.browser.run("return getComputedStyle(document.querySelector('.track .bar')).fill"))
			.as("forced colours leave nothing invisible")
			.isEqualTo(this.browser.run("return getComputedStyle(document.body).color"));
	}

	@Test
	void databaseWithAnLtxReplicaIsChosenAndRestored() throws SQLException {
		for (int i = 0; i < 2; i++) {
			try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + this.home.resolve("second.db"));
					Statement statement = connection.createStatement()) {
				statement.execute("insert into t values (1), (2)");
			}
			this.sample.post(DATABASE.replace("dataSource", "second") + "/sync", "{}").is(200);
		}
		openBackups();
		this.browser.awaitText("#facts", "notes.db");
		this.browser.find("#database").sendKeys("second");

		this.browser.awaitText("#facts", "second.db");
		this.browser.awaitText("#verdict-title", "Every change is in the replica.");
		this.browser.awaitText("#point-ago", "newest");
		this.browser.awaitText("#point-position", "txid 0000");
		this.browser.awaitText("#point-changes", "1 transaction");
		this.browser.find("#point-tables").sendKeys(Keys.ENTER);
		this.browser.awaitText("#point-changes", "table t 2 inserted");
		this.browser.find("#plan").sendKeys(Keys.ENTER);
		this.browser.awaitText("#planned-facts", "txid 0000");
		this.browser.find("#restore").sendKeys(Keys.ENTER);
		this.browser.awaitText("#restore-message", "Restored");
		this.browser.find("#compare-open").sendKeys(Keys.ENTER);
		this.browser.find("#compare-live").sendKeys(Keys.ENTER);
		this.browser.awaitText("#compare-message", "the two states are equal.");
		assertThat(this.browser.address()).endsWith("/litestream/?database=second");
		this.browser.open(URI.create(this.browser.address()));
		this.browser.awaitText("#facts", "second.db");
		assertThat(this.browser.find("#database").getDomProperty("value")).isEqualTo("second");
	}

	@Test
	void problemIsSaidFirstAndOnce() {
		openBackups();
		this.browser.awaitText("#verdict-title", "Every change is in the replica.");

		pretend("""
				const problem = 'The snapshot is gone: a new one is being taken.';
				for (const replica of Object.values(status.replicas)) {
					Object.assign(replica, { problem, lastError: problem, state: 'failing' });
				}""");

		this.browser.awaitText("#verdict-title", "Do not rely on the backup.");
		this.browser.awaitText("#verdict-detail", "The snapshot is gone");
		assertThat(this.browser.text("body")).containsOnlyOnce("The snapshot is gone");
		this.browser.screenshot("backups-problem");
	}

	@Test
	void progressIsToldAtTheButtonThatWasPressed() {
		openBackups();
		this.browser.awaitText("#verdict-title", "Every change is in the replica.");
		pretend("""
				status.operations = [{ operation: 'validate', progress: 0.4,
					startedAt: new Date(Date.now() - 40_000).toISOString() }];""");

		this.browser.awaitText("#operations", "Running: validate 40 %");
		this.browser
			.run("""
					const fetched = window.fetch;
					window.fetch = (path, options) => options.method === 'POST' ? new Promise(() => {}) : fetched(path, options);
					""");
		this.browser.find(".validate").click();

		this.browser.awaitText(".validate", "Validating… 40 %, 60 s left");
		assertThat(this.browser.find("#operations").isDisplayed()).isFalse();
	}

	@Test
	void changesOfAPointAreToldAndItIsComparedByKeyboard() {
		for (int i = 0; i < 3; i++) {
			write(1);
			sync();
		}
		openBackups();
		this.browser.awaitText("#point-ago", "newest");
		this.browser.find("#track").sendKeys(Keys.ARROW_LEFT); // or the choice would
																// follow the newest
		this.browser.awaitText("#point-changes", "1 transaction");
		this.browser.find("#point-tables").sendKeys(Keys.ENTER);
		this.browser.awaitText("#point-changes", "table notes 1 inserted");
		this.browser.find("#track").sendKeys(Keys.HOME);
		this.browser.find("#compare-open").sendKeys(Keys.ENTER);
		assertThat(this.browser.focused()).isEqualTo("compare-title");
		this.browser.find("#compare-run").sendKeys(Keys.ENTER);
		this.browser.awaitText("#compare-message", "Between the two: different are rows of");
		assertThat(this.browser.text("#compare-result tbody")).startsWith("notes");
		for (String scheme : List.of("light", "dark")) {
			this.browser.prefer(scheme);
			assertThat(this.browser.barriers()).as(scheme).isEmpty();
			this.browser.screenshot("backups-compared-" + scheme);
		}
		this.browser.narrow(390);
		assertThat(this.browser.run("return document.documentElement.scrollWidth")).isEqualTo(390L);
		this.browser.find("#track").sendKeys(Keys.ARROW_RIGHT);
		assertThat(this.browser.text("#compare-result")).as("is of other points").isEmpty();
		this.browser.find("#compare-live").sendKeys(Keys.ENTER);
		this.browser.awaitText("#compare-message", "different are rows of");
		assertThat(this.browser.text("#compare-message")).startsWith("Since ");
		assertThat(this.browser.text("#compare-result tbody")).startsWith("notes");
		this.browser.find("#compare-close").sendKeys(Keys.ENTER);
		assertThat(this.browser.focused()).isEqualTo("compare-open");
	}

	@Test
	void tenThousandPointsAreScrolledAndSteppedThrough() {
		openBackups();
		this.browser.awaitText("#point-ago", "newest");
		pretend("path.endsWith('/snapshots')", "body.snapshots[0].createdAt = '2026-11-01T00:00:00.000Z';");
		pretend("path.includes('/wal?')", """
				const [{ generation, replica, index }] = body.segments;
				const newest = Date.now();
				body.segments = Array.from({ length: 10_000 }, (_, at) => ({ generation, replica, index,
					offset: 32 + (10_000 - at) * 4096, size: 1000 + at,
					createdAt: new Date(newest - at * 500).toISOString() }));
				body.next = 'more';""");
		write(1);
		sync();
		await().atMost(Duration.ofSeconds(60)).until(() -> points() > 10_000);

		assertThat(this.browser.all("#list [role=option]")).hasSizeBetween(5, 60);
		assertThat(this.browser.find("#points-more").isDisplayed()).isTrue();
		this.browser.find("#list").sendKeys(Keys.END);
		assertThat(aria("aria-valuenow")).isEqualTo("0");
		assertThat(this.browser.find("#list [aria-selected=true]").getDomAttribute("aria-posinset"))
			.isEqualTo(this.browser.find("#list [aria-selected=true]").getDomAttribute("aria-setsize"));
		this.browser.type(Keys.ARROW_UP);
		assertThat(aria("aria-valuenow")).isEqualTo("1");
		this.browser.run("document.querySelector('#list').scrollTop = 0");
		await().atMost(Duration.ofSeconds(60)).until(() -> !this.browser.all("#list [aria-posinset='1']").isEmpty());
		this.browser.find("#list [aria-posinset='1']").click();
		assertThat(this.browser.text("#point-ago")).startsWith("newest");
		assertThat(this.browser.barriers()).isEmpty();
		this.browser.screenshot("backups-many");
	}

	/** In light, dark, on a phone, and in forced colours, in which the page stays. */
	private void requireNoBarriers(String name) {
		for (String scheme : List.of("light", "dark")) {
			this.browser.prefer(scheme);
			assertThat(this.browser.barriers()).as(scheme).isEmpty();
			this.browser.screenshot(name + "-" + scheme);
		}
		this.browser.narrow(390);
		assertThat(this.browser.barriers()).as("narrow").isEmpty();
		assertThat(this.browser.run("return document.documentElement.scrollWidth")).isEqualTo(390L);
		assertThat(this.browser
			.run("""
					return [...document.querySelectorAll('button, select, input[type=text], .download, .backups, .segments span, [role=option]')]
						.filter((target) => target.checkVisibility())
						.filter((target) => target.getBoundingClientRect().height < 44
							|| target.getBoundingClientRect().width < 44)
						.map((target) => target.outerHTML).join()"""))
			.as("out of reach of a finger")
			.isEqualTo("");
		this.browser.screenshot(name + "-narrow");
		this.browser.forceColours();
		assertThat(this.browser.barriers()).as("forced colours").isEmpty();
		this.browser.screenshot(name + "-forced-colours");
		assertThat(this.browser.console()).isEmpty();
		assertThat(this.browser.run("""
				return performance.getEntriesByType('resource').map(({ name }) => name)
					.filter((name) => !name.startsWith(location.origin)).join()""")).isEqualTo("");
	}

	/** Changes what the server says of the replication, as the page hears it. */
	private void pretend(String change) {
		pretend("path.endsWith('/dataSource')", "const status = body;" + change);
	}

	private void pretend(String condition, String change) {
		this.browser.run("""
				const real = window.fetch;
				window.fetch = async (path, options) => {
					const answer = await real(path, options);
					if (!(%s)) {
						return answer;
					}
					const body = await answer.json();
					%s
					return new Response(JSON.stringify(body), { headers: answer.headers });
				};""".formatted(condition, change));
	}

	private void openNotes() {
		this.browser.open(this.sample.url(CONTEXT + "/"));
	}

	private void openBackups() {
		this.browser.open(this.sample.url(CONTEXT + "/litestream"));
	}

	private void fill() {
		for (String text : List.of("Renew the library card before the end of the month.",
				"Packing list\\n\\u2013 head torch\\n\\u2013 two warm layers\\n\\u2013 the good map",
				"A backup that nobody has restored is a rumour. Try it once a month.",
				"The ferry leaves at 06:40 from the east quay. Tickets are in the blue directory.")) {
			this.sample.post(CONTEXT + "/api/notes", "{\"text\": \"%s\"}".formatted(text)).is(201);
			sync();
		}
	}

	private void write(int count) {
		for (int i = 1; i <= count; i++) {
			this.sample.post(CONTEXT + "/api/notes", "{\"text\": \"note %d of %d\"}".formatted(i, count)).is(201);
		}
	}

	private List<String> texts() {
		return this.sample.get(CONTEXT + "/api/notes").is(200).json().findValuesAsString("text");
	}

	private JsonNode sync() {
		return this.sample.post(DATABASE + "/sync", "{}").is(200).json().get("position");
	}

	private int points() {
		return Integer.parseInt(aria("aria-valuemax")) + 1;
	}

	private String aria(String name) {
		return String.valueOf(this.browser.find("#track").getDomAttribute(name));
	}

}
