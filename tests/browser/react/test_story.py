"""What people do with the example in React."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.complaints import Complaints
from tests.support.browser.person import Person
from tests.support.word_responder import WordResponder


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words


@pytest.fixture
def ann(page: Page, example: str) -> Person:
    """Somebody new, who has just signed up."""
    page.goto(example)
    ann = Person(page=page, name="Ann")
    ann.sign_up()
    return ann


def test_a_conversation_is_found_again(ann: Person) -> None:
    ann.say("Hello there")
    ann.expect_said("Hello there", "Hello there ")
    ann.expect_listed("Hello there")
    ann.page.get_by_text("New conversation").click()
    ann.expect_said()
    ann.say("Good evening")
    ann.expect_listed("Good evening", "Hello there")

    ann.page.reload()
    ann.expect_said("Good evening", "Good evening ")
    ann.page.get_by_role("link", name="Hello there").click()
    ann.expect_said("Hello there", "Hello there ")
    ann.sign_out()
    ann.sign_in()

    ann.expect_listed("Good evening", "Hello there")
    ann.expect_said()


def test_a_page_that_is_reloaded_in_mid_reply_shows_all_of_it(ann: Person, words: WordResponder) -> None:
    ann.say("one pause two")
    ann.expect_said("one pause two", "one ")

    ann.page.reload()
    ann.expect_said("one pause two", "one ")
    expect(ann.button("Stop")).to_be_visible()
    words.release("one pause two")

    ann.expect_said("one pause two", "one two ")
    expect(ann.button("Send")).to_be_visible()


def test_a_reply_is_stopped_and_stays_so(ann: Person) -> None:
    ann.say("one pause two")
    ann.expect_said("one pause two", "one ")

    ann.button("Stop").click()

    ann.expect_said("one pause two", "one Ended early")
    ann.page.reload()
    ann.expect_said("one pause two", "one Ended early")
    ann.say("three")
    ann.expect_said("one pause two", "one Ended early", "three", "three ")


def test_the_list_has_more_than_a_hundred_conversations(ann: Person) -> None:
    ann.page.evaluate("""async () => {
        const headers = { "Content-Type": "application/json" };
        for (let number = 1; number <= 101; number += 1) {
            const body = JSON.stringify({ title: `Number ${number}` });
            await fetch("/api/conversations", { method: "POST", headers, body });
        }
    }""")
    ann.page.reload()
    newest = [f"Number {number}" for number in range(101, 1, -1)]
    ann.expect_listed(*newest)

    ann.button("More").click()

    ann.expect_listed(*newest, "Number 1")
    expect(ann.button("More")).to_have_count(0)


def test_a_reply_that_failed_is_made_again(ann: Person, words: WordResponder) -> None:
    ann.say("Hello fail there")
    expect(ann.page.get_by_role("alert")).to_be_visible()
    words.is_failing = False

    ann.button("Try again").click()

    ann.expect_said("Hello fail there", "Hello fail there ")


def test_another_person_in_the_same_browser_sees_nothing(ann: Person, complaints: Complaints) -> None:
    complaints.expect("status of 40[14]")  # a list that is asked for as the person leaves
    ann.say("My secret")
    ann.expect_said("My secret", "My secret ")
    address = ann.page.url
    ann.sign_out()

    bob = Person(page=ann.page, name="Bob")
    bob.sign_up()
    bob.expect_listed()
    bob.page.goto(address)
    bob.page.reload()
    bob.expect_listed()
    bob.expect_said()
    bob.say("Is anybody there?")

    bob.expect_said("Is anybody there?", "Is anybody there? ")
    bob.expect_listed("Is anybody there?")
    bob.sign_out()
    ann.sign_in()
    ann.expect_listed("My secret")
    ann.page.goto(address)
    ann.expect_said("My secret", "My secret ")


def test_who_mistypes_the_password_reads_why_and_can_try_again(ann: Person, complaints: Complaints) -> None:
    complaints.expect("401")
    ann.sign_out()

    ann.sign_in(password="another password")

    expect(ann.page.get_by_role("alert")).to_have_text("Invalid email or password")
    ann.sign_in()
    expect(ann.button("Sign out")).to_be_visible()
