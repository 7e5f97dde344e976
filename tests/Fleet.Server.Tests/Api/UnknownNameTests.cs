using System.Net;
using System.Text.Json;

namespace Fleet.Server.Tests;

/// <summary>
/// Each route of the API description gets a name that it does not have: an error below <c>/fleet/v1</c>, and nothing to
/// the routes of SumUp's API.
/// </summary>
public sealed class UnknownNameTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    private const string Fleet = "/fleet/v1/", Wrong = "no_such_name";

    private static readonly (string Name, JsonElement Is)[] All = [.. Described.Agreed.Operations];

    public static TheoryData<string> Ours => [.. All.Select(one => one.Name).Where(IsOurs)];

    public static TheoryData<string> SumUps => [.. All.Select(one => one.Name).Where(name => !IsOurs(name))];

    public static TheoryData<string> WithBody =>
        [.. All.Where(one => IsOurs(one.Name) && HasBody(one.Is)).Select(one => one.Name)];

    /// <summary>Of every kind, also within a list.</summary>
    private static readonly string[] Values = ["\"5\"", "5", "true", "{}", "[]", "[null]", "[5]", "[\"5\"]", "[{}]"];

    public static TheoryData<string> WithPathAndBody =>
        [.. All.Where(one => IsOurs(one.Name) && one.Name.Contains('{') && HasBody(one.Is)).Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Ours))]
    public async Task A_parameter_that_a_route_does_not_have_is_refused_and_the_nearest_named(string operation)
    {
        await IsRefused(operation, "is unknown", query: Wrong);
        var known = ParametersOf(operation, "query").ToArray();
        if (known is [var first, ..]) await IsRefused(operation, $"the nearest name is {first}", query: $"{first}x");
    }

    [Theory]
    [MemberData(nameof(Ours))]
    public async Task A_member_that_a_body_does_not_have_is_refused_and_the_nearest_named(string operation)
    {
        if (operation.Split(' ')[0] is "GET" or "DELETE") return; // no one sends them a body
        await IsRefused(operation, "is unknown", body: $$"""{"{{Wrong}}":1}""", named: Wrong);
        if (!HasBody(Described.Agreed.Operation(operation))) return;
        foreach (var known in MembersOf(operation).Take(1))
        {
            await IsRefused(operation, $"the nearest name is {known}", body: $$"""{"{{known}}x":1}""",
                named: $"{known}x");
        }
    }

    /// <summary>A null is a member that is not given; what else does not fit is told with its name.</summary>
    [Theory]
    [MemberData(nameof(WithBody))]
    public async Task A_value_that_does_not_fit_its_member_is_refused_by_name_and_a_null_is_as_if_left_out(
        string operation)
    {
        var without = await Ask("{}");
        foreach (var member in MembersOf(operation))
        {
            Assert.Equal(without, await Ask($$"""{"{{member}}":null}"""));
            foreach (var value in Values)
            {
                var (status, text) = await Ask($$"""{"{{member}}":{{value}}}""");
                if (status is not HttpStatusCode.BadRequest || text.Contains("\"code\":9", StringComparison.Ordinal))
                    continue; // it fits, and something else is in the way
                Assert.True(text.Contains("\"fieldViolations\":[{\"field\":", StringComparison.Ordinal)
                    || text.Contains("\"fields\":[{\"name\":", StringComparison.Ordinal),
                    $"{member} = {value}: {text}");
            }
        }

        async Task<(HttpStatusCode, string)> Ask(string body)
        {
            using var answer = await Send(operation, "", body);
            return (answer.StatusCode, answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync(
                TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [MemberData(nameof(WithPathAndBody))]
    public async Task A_member_that_contradicts_the_path_is_refused(string operation)
    {
        foreach (var described in ParametersOf(operation, "path"))
        {
            // The description has plain names only; this one is a member of a member.
            var name = operation is "POST /fleet/v1/stores/{store}/checkouts" ? "route.store" : described;
            var body = name.Split('.').Reverse()
                .Aggregate("\"other\"", (inner, step) => $$"""{"{{step}}":{{inner}}}""");
            await IsRefused(operation, "must be what the path says", body: body, named: name);
        }
    }

    [Theory]
    [MemberData(nameof(SumUps))]
    public async Task SumUps_own_routes_ignore_names_that_they_do_not_have(string operation)
    {
        using var answer = await Send(operation, $"?{Wrong}=1", $$"""{"{{Wrong}}":1}""");

        Assert.DoesNotContain(Wrong, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    private static bool IsOurs(string operation) => operation.Contains($" {Fleet}", StringComparison.Ordinal);

    private static bool HasBody(JsonElement operation) => operation.TryGetProperty("requestBody", out _);

    private static IEnumerable<string> ParametersOf(string operation, string place) =>
        Described.Agreed.Operation(operation).TryGetProperty("parameters", out _)
            ? Described.Agreed.Parameters(operation).Where(one => one.StartsWith(place, StringComparison.Ordinal))
                .Select(one => one[(place.Length + 1)..one.IndexOf(':', StringComparison.Ordinal)])
            : [];

    private static IEnumerable<string> MembersOf(string operation) => Described.Agreed.Members(operation);

    private async Task IsRefused(
        string operation, string sentence, string? query = null, string? body = null, string? named = null)
    {
        using var answer = await Send(operation, query is null ? "" : $"?{query}=1", query is null ? body : null);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.True(answer.StatusCode is HttpStatusCode.BadRequest, $"{operation}: {(int)answer.StatusCode} {text}");
        Assert.Contains(named ?? query ?? "", text, StringComparison.Ordinal);
        Assert.Contains(sentence, text, StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> Send(string operation, string query, string? body)
    {
        var (verb, path) = (operation.Split(' ')[0], operation.Split(' ')[1]);
        foreach (var name in ParametersOf(operation, "path"))
            path = path.Replace($"{{{name}}}", ValueOf(name), StringComparison.Ordinal);
        return await fleet.TillOf(FleetApp.Merchant, FleetApp.ChainKey).Send(
            new HttpMethod(verb), path + query, body is null ? null : Lane.Json(body),
            (Core.Reach.MerchantHeader, FleetApp.Merchant));
    }

    private static string ValueOf(string name) => name switch
    {
        "merchant_code" => FleetApp.Merchant,
        "store" => "default",
        "number" => "1",
        _ => Objects.Random.Checkout,
    };
}
