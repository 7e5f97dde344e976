using System.Net;
using System.Text.Json;

namespace Fleet.Server.Tests;

/// <summary>The pages about the chain: stores, incidents, webhooks, merchants, keys, audit and sessions.</summary>
public sealed class PageTests(TenantWorld world) : IClassFixture<TenantWorld>
{
    [Fact]
    public async Task The_first_page_lists_the_stores_with_trouble_first()
    {
        using var visitor = await Visitor.SignIn(world.Fleet, FleetApp.Key);
        var page = await visitor.Open("fleet?show=trouble");
        var all = await visitor.Open("fleet");

        Assert.Contains(">berlin</a>", all.Text);
        Assert.DoesNotContain("london", all.Text);
        Assert.DoesNotContain(">default</a>", page.Text);
    }

    [Fact]
    public async Task The_stream_of_the_first_page_tells_the_counts()
    {
        using var visitor = await Visitor.SignIn(world.Fleet, FleetApp.Key);

        Assert.Contains("id=\"counts\"", await visitor.Watch("fleet/live", "id=\"counts\""));
    }

    [Fact]
    public async Task An_incident_is_assigned_noted_and_resolved_with_the_name_of_the_person()
    {
        using var visitor = await Visitor.SignIn(world.Fleet, FleetApp.Key, "Anna Schmidt");
        var path = $"incidents/{world.Here.Incident}";
        await visitor.Send(path, $"{path}/assign", ("owner", "Ben"));
        await visitor.Send(path, $"{path}/notes", ("text", "Looked at it."));
        var page = await visitor.Send(path, $"{path}/resolve", ("resolution", "A new cable."));

        Assert.Contains("Looked at it.", page.Text);
        Assert.Contains("A new cable.", page.Text);
        Assert.Contains("Anna Schmidt", page.Text);
        Assert.Contains("Anna Schmidt", (await visitor.Open("audit?action=incident.resolve")).Text);
    }

    [Fact]
    public async Task A_refused_form_shows_what_is_wrong_with_which_field()
    {
        using var visitor = await Visitor.SignIn(world.Fleet, FleetApp.Key);
        var path = $"incidents/{world.Mine.Incident}";
        var answer = await visitor.Send(path, $"{path}/resolve", ("resolution", new string('x', 1_001)));

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains("<strong>resolution</strong>", answer.Text);
    }

    [Fact]
    public async Task A_new_key_is_shown_once_and_works_until_it_is_revoked()
    {
        using var visitor = await Visitor.SignIn(world.Fleet, FleetApp.Key);
        var made = await visitor.Send("keys", "keys", ("name", "Till <7>"), ("scope", "fleet.read"));
        var text = System.Text.RegularExpressions.Regex.Match(made.Text, "flt_sk_[A-Za-z0-9]+").Value;
        var keys = JsonElement.Parse((await visitor.Open("keys.json")).Text).GetProperty("list").GetProperty("keys");
        var id = keys.EnumerateArray().Single(key => key.Text("name") == "Till <7>").Text("key_id");
        using var other = await Visitor.SignIn(world.Fleet, text);
        await visitor.Send("keys", $"keys/{id}/revoke");

        Assert.DoesNotContain(text, (await visitor.Open("keys")).Text);
        Assert.DoesNotContain("<7>", (await visitor.Open("keys")).Text);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.Open("fleet.json")).Status);
    }

    [Fact]
    public async Task A_session_that_somebody_ends_is_over_for_its_browser()
    {
        using var admin = await Visitor.SignIn(world.Fleet, FleetApp.Key, "Anna");
        using var clerk = await Visitor.SignIn(world.Fleet, FleetApp.Key, "Clerk 17");
        var sessions = JsonElement.Parse((await admin.Open("sessions.json")).Text).GetProperty("sessions");
        var id = sessions.EnumerateArray().Single(one => one.Text("person") == "Clerk 17").Text("session_id");
        await admin.Send("sessions", $"sessions/{id}/end");

        Assert.Equal(HttpStatusCode.Unauthorized, (await clerk.Open("fleet.json")).Status);
        Assert.Equal(HttpStatusCode.OK, (await admin.Open("fleet.json")).Status);
    }

    [Fact]
    public async Task A_merchant_is_made_changed_and_suspended_by_a_key_of_the_chain()
    {
        using var visitor = await Visitor.SignIn(world.Fleet, FleetApp.ChainKey);
        await visitor.Send("merchants", "merchants", ("merchant_code", "MPAGE001"), ("name", "Page \"&<"));
        await visitor.Send("merchants/MPAGE001", "merchants/MPAGE001/update",
            ("name", "Page"), ("currency", "EUR"), ("largest_amount", "5000"));
        var page = await visitor.Send("merchants/MPAGE001", "merchants/MPAGE001/suspend", ("reason", "A test."));

        Assert.Contains("It starts no payments since", page.Text);
        Assert.Contains("value=\"EUR\"", page.Text);
        var secret = await visitor.Send("merchants/MPAGE001", "merchants/MPAGE001/webhook-secret");
        Assert.Contains("whsec_", secret.Text);
    }

    [Fact]
    public async Task A_webhook_is_listed_shown_and_sent_again()
    {
        using var visitor = await Visitor.SignIn(world.Fleet, FleetApp.Key);
        var list = await visitor.Open($"m/{FleetApp.Merchant}/webhooks");
        var page = await visitor.Open($"m/{FleetApp.Merchant}/webhooks/{world.Here.Event}");
        var again = await visitor.Send($"m/{FleetApp.Merchant}/webhooks/{world.Here.Event}",
            $"m/{FleetApp.Merchant}/webhooks/{world.Here.Event}/replay");

        Assert.Contains(world.Here.Event, list.Text);
        Assert.Contains("https://nowhere.invalid/", page.Text);
        Assert.Equal(HttpStatusCode.OK, again.Status);
    }

    [Fact]
    public async Task A_page_is_never_kept_and_runs_no_script_of_others()
    {
        using var visitor = await Visitor.SignIn(world.Fleet, FleetApp.Key);
        var headers = (await visitor.Open("audit")).Headers;

        Assert.True(headers.CacheControl?.NoStore);
        Assert.Contains("default-src 'none'", headers.GetValues("Content-Security-Policy").Single());
        Assert.DoesNotContain("unsafe", headers.GetValues("Content-Security-Policy").Single());
    }

    [Fact]
    public async Task A_path_without_a_page_is_not_found()
    {
        using var visitor = await Visitor.SignIn(world.Fleet, FleetApp.Key);

        Assert.Equal(HttpStatusCode.NotFound, (await visitor.Open("nowhere/at/all")).Status);
    }

    [Theory]
    [InlineData("keys?merchant=%00", HttpStatusCode.BadRequest)]
    [InlineData("search?q=9999-12-31", HttpStatusCode.OK)]
    [InlineData("search?q=0001-01-01+00:01", HttpStatusCode.OK)]
    public async Task What_a_person_types_never_breaks_a_page(string path, HttpStatusCode status)
    {
        using var visitor = await Visitor.SignIn(world.Fleet, FleetApp.Key);

        Assert.Equal(status, (await visitor.Open(path)).Status);
    }
}
