package org.litestream4j.sample;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LONG;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * The page in a real browser, by keyboard for the most part.
 */
class PageIT {

	@TempDir
	Path home;

	@TempDir
	Path profile;

	private SampleProcess sample;

	private Browser browser;

	@BeforeAll
	static void findTheBrowser() {
		if (!Browser.isInstalled() && "true".equals(System.getenv("CI"))) {
			fail("Chromium is missing: apt-get install chromium chromium-driver");
		}
		assumeTrue(Browser.isInstalled(), "no browser: apt-get install chromium chromium-driver");
	}

	@BeforeEach
	void open() {
		this.sample = SampleProcess.start(this.home);
		this.browser = Browser.open(this.sample.url("/"), this.profile);
	}

	@AfterEach
	void close() {
		this.browser.close();
		this.sample.close();
	}

	@Test
	void noteIsWrittenShownAsTextAndDeletedByKeyboard() {
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
		assertThat(this.sample.get("/api/notes/count").json().get("count").asInt()).isZero();
	}

	@Test
	void replicationIsSeenAtAGlance() {
		Notes.write(this.sample, 5);
		JsonNode position = Notes.sync(this.sample);

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
		Notes.write(this.sample, 3);
		Notes.sync(this.sample);
		this.browser.awaitText("#point-ago", "newest");
		List<String> earlier = Notes.all(this.sample);
		int points = points();
		Notes.write(this.sample, 2);
		Notes.sync(this.sample);
		await().atMost(Duration.ofSeconds(60)).until(() -> points() > points);

		this.browser.find("#timeline-track").sendKeys(Keys.HOME);
		assertThat(aria("aria-valuenow")).isEqualTo("0");
		this.browser.type(Keys.END);
		assertThat(aria("aria-valuenow")).isEqualTo(aria("aria-valuemax"));
		assertThat(this.browser.text("#point-ago")).startsWith("newest");
		this.browser.type(Keys.ARROW_LEFT);
		assertThat(this.browser.text("#point-ago")).doesNotContain("newest");
		this.browser.find("#restore").sendKeys(Keys.ENTER);
		this.browser.awaitText("#restore-message", "Restored");

		WebElement link = this.browser.find("#restored-list .download");
		Path file = this.home.resolve("downloaded.db");
		Files.write(file, this.sample.download("/" + link.getDomAttribute("href")));
		assertThat(earlier).containsAll(Notes.allIn(file)).isNotEmpty();
		this.browser.find("#restored-list .remove").sendKeys(Keys.ENTER);
		this.browser.awaitText("#restore-message", "was removed");
		assertThat(this.browser.all("#restored-list li")).isEmpty();
	}

	@Test
	void serverThatGoesAwayIsSaidAndTheTextIsKept() {
		Notes.write(this.sample, 1);
		this.browser.awaitText("#verdict-title", "Every change is in the replica.");

		this.sample.kill();
		this.browser.awaitText("#verdict-title", "No word on replication.");
		this.browser.find("#note-text").sendKeys("lost?", Keys.chord(Keys.CONTROL, Keys.ENTER));
		this.browser.awaitText("#notes-message", "The note was not added. The server does not answer.");

		assertThat(this.browser.find("#note-text").getDomProperty("value")).isEqualTo("lost?");
	}

	@Test
	void pageHasNoBarriersAndLooksGoodInLightAndDark() {
		fill();
		for (String scheme : List.of("light", "dark")) {
			this.browser.prefer(scheme);
			assertThat(this.browser.barriers()).as(scheme).isEmpty();
			this.browser.screenshot("page-" + scheme);
		}
		this.browser.narrow(390);
		assertThat(this.browser.barriers()).as("narrow").isEmpty();
		assertThat(this.browser.run("return document.documentElement.scrollWidth")).isEqualTo(390L);
		this.browser.screenshot("page-narrow");
		assertThat(this.browser.console()).isEmpty();
		assertThat(this.browser.run("""
				return performance.getEntriesByType('resource').map(({ name }) => name)
					.filter((name) => !name.startsWith(location.origin)).join()""")).isEqualTo("");
	}

	@Test
	void deletionIsTakenBack() {
		Notes.write(this.sample, 2);
		JsonNode before = this.sample.get("/api/notes").json();
		this.browser.awaitText("#note-count", "2 notes");

		this.browser.find(".note .delete").click();
		this.browser.awaitText("#note-count", "1 note");
		this.browser.find("#notes-message button").click();

		this.browser.awaitText("#note-count", "2 notes");
		this.browser.awaitText("#notes-message", "The note is back.");
		assertThat(this.sample.get("/api/notes").json()).isEqualTo(before);
	}

	@Test
	void replicationStaysInViewBesideManyNotes() {
		Notes.write(this.sample, 60);
		this.browser.awaitText("#note-count", "60 notes");
		this.browser.awaitText("#verdict-title", "Every change is in the replica.");

		this.browser.run("scrollTo(0, document.body.scrollHeight)");

		assertThat(this.browser.run("return scrollY")).asInstanceOf(LONG).isGreaterThan(2000);
		assertThat(isInView("#verdict-title")).isTrue();
		assertThat(isInView("#glance")).isFalse();
	}

	@Test
	void everythingIsWithinReachOfAFingerOnAPhone() {
		fill();
		this.browser.narrow(390);
		this.browser.run("scrollTo(0, 0)");
		assertThat(isInView("#glance")).isTrue();

		this.browser.find("#glance").click();

		await().atMost(Duration.ofSeconds(10)).until(() -> isInView("#verdict-title") && !isInView("#glance"));
		assertThat(this.browser.run("""
				return [...document.querySelectorAll('button, select, .download, .segments span, #glance')]
					.filter((target) => target.checkVisibility())
					.filter((target) => target.getBoundingClientRect().height < 44
						|| target.getBoundingClientRect().width < 44)
					.map((target) => target.outerHTML).join()""")).isEqualTo("");
	}

	@Test
	void problemIsSaidFirstAndOnce() {
		this.browser.awaitText("#verdict-title", "Every change is in the replica.");

		pretend("""
				const problem = 'The snapshot is gone: a new one is being taken.';
				for (const replica of Object.values(status.replicas)) {
					Object.assign(replica, { problem, lastError: problem, state: 'failing' });
				}""");

		this.browser.awaitText("#verdict-title", "Do not rely on the backup.");
		this.browser.awaitText("#verdict-detail", "The snapshot is gone");
		assertThat(this.browser.text("body")).containsOnlyOnce("The snapshot is gone");
		this.browser.screenshot("page-problem");
	}

	@Test
	void progressIsToldAtTheButtonThatWasPressed() {
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
	void forcedColoursLeaveNothingInvisible() {
		fill();
		this.browser.forceColours();
		assertThat(this.browser.run("return getComputedStyle(document.querySelector('.track .bar')).fill"))
			.isEqualTo(this.browser.run("return getComputedStyle(document.body).color"));
		assertThat(this.browser.barriers()).isEmpty();
		this.browser.screenshot("page-forced-colours");
	}

	/** Changes what the server says of the replication, as the page hears it. */
	private void pretend(String change) {
		this.browser.run("""
				const real = window.fetch;
				window.fetch = async (path, options) => {
					const answer = await real(path, options);
					if (path !== 'actuator/litestream') {
						return answer;
					}
					const body = await answer.json();
					const [status] = Object.values(body.databases);
					%s
					return new Response(JSON.stringify(body), { headers: answer.headers });
				};""".formatted(change));
	}

	private boolean isInView(String selector) {
		return Boolean.TRUE.equals(this.browser.run("""
				const element = document.querySelector(arguments[0]);
				const { top, bottom } = element.getBoundingClientRect();
				return element.checkVisibility() && top >= 0 && bottom <= innerHeight;""", selector));
	}

	private void fill() {
		for (String text : List.of("Renew the library card before the end of the month.",
				"Packing list\\n\\u2013 head torch\\n\\u2013 two warm layers\\n\\u2013 the good map",
				"A backup that nobody has restored is a rumour. Try it once a month.",
				"The ferry leaves at 06:40 from the east quay. Tickets are in the blue folder.")) {
			this.sample.post("/api/notes", "{\"text\": \"%s\"}".formatted(text)).is(201);
			Notes.sync(this.sample);
		}
		this.sample.post(Notes.DATABASE + "/validate", "{}").is(200);
		this.sample.post(Notes.DATABASE + "/restore", "{\"outputPath\": \"notes-drill.db\"}").is(200);
		this.browser.run("location.reload()");
		this.browser.awaitText("#note-count", "4 notes");
		this.browser.awaitText("#verdict-title", "Every change is in the replica.");
		this.browser.awaitText("#point-ago", "newest");
		this.browser.awaitText("#restored-list", "notes-drill.db");
	}

	private int points() {
		return Integer.parseInt(aria("aria-valuemax")) + 1;
	}

	private String aria(String name) {
		return String.valueOf(this.browser.find("#timeline-track").getDomAttribute(name));
	}

}
