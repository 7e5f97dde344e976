using System.ComponentModel.DataAnnotations;
using Fleet.Cli;
using Fleet.Server.Hosting;
using Fleet.Server.Settings;

namespace Fleet.Server.Tests;

/// <summary>A wrong setting stops the start with a sentence that names it.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("--silo-port=0", "SiloPort")]
    [InlineData("--silo-port=65536", "SiloPort")]
    [InlineData("--Fleet:PingSeconds=0", "PingSeconds")]
    [InlineData("--data=", "Data")]
    [InlineData("--grpc-url=8081", "GrpcUrl")]
    [InlineData("--operations-url=9090", "OperationsUrl")]
    [InlineData("--operations-url=http://127.0.0.1:8080", "OperationsUrl must be an address of its own")]
    [InlineData("--operations-url=http://127.0.0.1:8081", "OperationsUrl must be an address of its own")]
    [InlineData("--Fleet:Merchants:1:Code=lower", "Fleet:Merchants:1: The field Code")]
    [InlineData("--Fleet:Merchants:0:Code=MTILL002", "--Fleet:Merchants:0:Code is given twice.")]
    [InlineData("--Fleet:Merchants:0:WebhookSecrets:0=whsec_c2hvcnQ=", "Fleet:Merchants:0: The field WebhookSecrets")]
    [InlineData("--Fleet:Merchants:0:WebhookSecrets:0=MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "The field WebhookSecrets")]
    [InlineData("--Fleet:Webhooks:TimeoutSeconds=0", "Fleet:Webhooks: The field TimeoutSeconds")]
    [InlineData("--Fleet:Webhooks:PerHost=0", "Fleet:Webhooks: The field PerHost")]
    [InlineData("--Fleet:Webhooks:DeliveredDays=0", "Fleet:Webhooks: The field DeliveredDays")]
    [InlineData("--Fleet:Webhooks:DeadDays=4000", "Fleet:Webhooks: The field DeadDays")]
    [InlineData("--Fleet:Webhooks:RetrySeconds:0=0", "Fleet:Webhooks: The field RetrySeconds")]
    [InlineData("--Fleet:Webhooks:AllowedNetworks:0=ten", "Fleet:Webhooks: The field AllowedNetworks")]
    [InlineData("--Fleet:Webhooks:AllowedPorts:0=65536", "Fleet:Webhooks: The field AllowedPorts")]
    [InlineData("--Fleet:Cloud:BaseUrl=http://api.sumup.com", "Fleet:Cloud: The field BaseUrl")]
    [InlineData("--Fleet:Cloud:BaseUrl=http://127.0.0.1:9999", "Fleet:Cloud: The field BaseUrl")]
    [InlineData("--Fleet:Cloud:BaseUrl=https://api.sumup.com/", "Fleet:Cloud: The field BaseUrl")]
    [InlineData("--Fleet:Cloud:BaseUrl=https://me@api.sumup.com", "Fleet:Cloud: The field BaseUrl")]
    [InlineData("--Fleet:Cloud:RequestsPerSecond=0", "Fleet:Cloud: The field RequestsPerSecond")]
    [InlineData("--Fleet:Cloud:Burst=0", "Fleet:Cloud: The field Burst")]
    [InlineData("--Fleet:Cloud:ExchangeDays=0", "Fleet:Cloud: The field ExchangeDays")]
    [InlineData("--Fleet:Merchants:0:SumUp:BaseUrl=http://10.0.0.1", "The field Merchants:0:SumUp:BaseUrl must begin")]
    [InlineData("--Fleet:Merchants:0:SumUp:Burst=1001", "Fleet:Merchants:0:SumUp: The field Burst")]
    [InlineData("--Fleet:Merchants:0:SumUp:ApiKey=k", "Fleet:Merchants:0:SumUp: The fields ApiKey, AffiliateAppId")]
    [InlineData("--Fleet:Merchants:0:Keys:0:Sha256=short", "Fleet:Merchants:0:Keys:0: The field Sha256")]
    [InlineData("--Fleet:Keys:0:Sha256=short", "Fleet:Keys:0: The field Sha256")]
    [InlineData("--Fleet:TrustedProxies:0=proxy", "The field TrustedProxies has proxy")]
    [InlineData("--Fleet:TrustedProxies:0=10", "The field TrustedProxies has 10, which is no address")]
    [InlineData("--Fleet:PostgresWaitSeconds=3601", "The field PostgresWaitSeconds")]
    [InlineData("--Fleet:Cors:Origins:0=*", "The field Cors:Origins has *")]
    [InlineData("--Fleet:Cors:Origins:0=https://till.example/", "The field Cors:Origins")]
    [InlineData("--Fleet:Cors:Origins:0=https://till.example:443", "The field Cors:Origins")]
    [InlineData("--Fleet:Cors:Origins:0=https://Till.example", "The field Cors:Origins")]
    [InlineData("--Fleet:Cors:Origins:0=till.example", "The field Cors:Origins")]
    [InlineData("--Fleet:Merchants:0:CorsOrigins:0=null", "Fleet:Merchants:0: The field CorsOrigins")]
    [InlineData("--Fleet:Merchants:0:Country=Germany", "Fleet:Merchants:0: The field Country")]
    [InlineData("--Fleet:Merchants:0:Currency=XXX", "Fleet:Merchants:0: The field Currency")]
    [InlineData("--Fleet:Merchants:0:Locale=german", "Fleet:Merchants:0: The field Locale")]
    [InlineData("--Fleet:SealingKey=short", "The fields SealingKey and SealingKeyBefore must be Base64 of 32 bytes")]
    [InlineData("--Fleet:SealingKeyBefore=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=", "SealingKey is not")]
    [InlineData("--Fleet:RequestsPerSecond=-1", "The field RequestsPerSecond")]
    [InlineData("--Fleet:TraceRatio=1.5", "The field TraceRatio")]
    [InlineData("--Fleet:Retention:CheckoutDays=100", "Fleet:Retention: The field CheckoutDays or AuditDays is set")]
    [InlineData("--Fleet:Retention:CheckoutDays=89", "Fleet:Retention: The field CheckoutDays must be between")]
    [InlineData("--Fleet:Jwt:Authority=https://login.example", "Fleet:Jwt: With Authority the field Audience")]
    [InlineData("--Fleet:Jwt:Authority=login.example", "Fleet:Jwt: The Authority field")]
    [InlineData("--Fleet:Canary:Merchant=MTILL001", "The field Canary:Merchant must be a sandbox merchant")]
    [InlineData("--Fleet:Canary:Merchant=MOTHER01", "Fleet:Canary: The fields Merchant and Key must be given")]
    [InlineData("--Fleet:Canary:Seconds=5", "Fleet:Canary: The field Seconds")]
    [InlineData("--Fleet:Canary:Url=http://fleet.example", "Fleet:Canary: The field Url is set, but Merchant is not")]
    [InlineData("--Fleet:SandboxReader=true", "Fleet:SandboxReader; the nearest is Fleet:SandboxReaders.")]
    [InlineData("--Fleet:Webhooks:Timeout=5", "There is no setting Fleet:Webhooks:Timeout")]
    [InlineData("--Fleet:Merchants:0:Keys:0:Sha512=x", "0:Sha512; the nearest is Fleet:Merchants:0:Keys:0:Sha256")]
    [InlineData("--storag=postgres", "There is no option --storag; did you mean --storage?")]
    [InlineData("--port=8080", "did you mean --urls=http://127.0.0.1:PORT?")]
    [InlineData("--sandbox", "--sandbox needs a value: --sandbox=VALUE.")]
    [InlineData("storage=postgres", "A node does not know 'storage=postgres'; did you mean --storage=VALUE?")]
    [InlineData("--storage=mysql", "Fleet:Storage must be one of sqlite, postgres, not mysql.")]
    [InlineData("--Fleet:Console=publc", "Fleet:Console must be one of operations, public, off, not publc.")]
    [InlineData("--sandbox=yes", "Fleet:Sandbox must be true or false, not yes.")]
    [InlineData("--urls=banana", "urls must be an address like http://127.0.0.1:8080, not banana.")]
    [InlineData("--urls=http://127.0.0.1:8080/fleet", "urls must be an address like")]
    [InlineData("--urls=", "urls must have at least one address")]
    [InlineData("--urls=http://unix:/run/fleet.sock", "urls must be an address like")]
    [InlineData("--silo-port=", "Fleet:SiloPort must be a whole number, not empty.")]
    [InlineData("--storage=", "Fleet:Storage must be one of sqlite, postgres, not empty.")]
    [InlineData("--sandbox=", "Fleet:Sandbox must be true or false, not empty.")]
    [InlineData("--Fleet:Merchants:1:Code=MTILL001", "Fleet:Merchants:1 is the same merchant as Fleet:Merchants:0")]
    [InlineData("--Fleet:Jwt:Authority=http://login.example", "The field Jwt:Authority must begin with https")]
    public void A_setting_out_of_its_range_is_named(string setting, string named)
    {
        var wrong = Assert.Throws<ValidationException>(
            () => FleetNode.Build(["--Fleet:Merchants:0:Code=MTILL001", setting]));
        Assert.Contains(named, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_two_merchants_is_refused_with_both_places()
    {
        var hash = new string('a', 64);
        var wrong = Assert.Throws<ValidationException>(() => FleetNode.Build(
        [
            "--Fleet:Merchants:0:Code=MTILL001", $"--Fleet:Merchants:0:Keys:0:Sha256={hash}",
            "--Fleet:Merchants:1:Code=MTILL002", $"--Fleet:Merchants:1:Keys:0:Sha256={hash.ToUpperInvariant()}",
        ]));
        Assert.StartsWith("Fleet:Merchants:1:Keys:0 is the same key as Fleet:Merchants:0:Keys:0", wrong.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Fleet_Storage", "Fleet__Storage")]
    [InlineData("FLEET_STORAGE", "Fleet__Storage")]
    [InlineData("FLEET_POSTGRES", "Fleet__Postgres")]
    [InlineData("Fleet_Webhooks_PerHost", "Fleet__Webhooks__PerHost")]
    [InlineData("Fleet_Storag", "Fleet__Storage")]
    public void A_variable_that_looks_like_a_setting_is_refused(string name, string meant) => Assert.Equal(
        $"The environment variable {name} is not a setting; did you mean {meant}?",
        Assert.Throws<ValidationException>(() => SettingNames.CheckEnvironment(["PATH", name])).Message);

    [Fact]
    public void Variables_of_the_command_line_and_of_scripts_are_not_settings() => SettingNames.CheckEnvironment(
    [
        "FLEET_URL", "FLEET_KEY", "FLEET_MERCHANT", "FLEET_CA", "FLEET_CLUSTER", "FLEET_TEST_STORAGE", "Fleet__Data",
    ]);

    [Fact]
    public void The_short_options_are_those_that_the_help_names() => Assert.Equal(
        ServeVerb.Options.Keys.Order(), StartArguments.Switches.Keys.Order());

    [Fact]
    public void A_live_merchant_whose_cents_decide_is_refused() => Assert.Contains(
        "Fleet:Merchants:0: The field TestCents is true, but Sandbox is false",
        Assert.Throws<ValidationException>(() => FleetNode.Build(
            ["--Fleet:Merchants:0:Code=MTILL001", "--Fleet:Merchants:0:TestCents=true"])).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_sandbox_merchant_with_an_account_at_SumUp_is_refused() => Assert.Contains(
        "Fleet:Merchants:0: The field SumUp is set, but Sandbox is true",
        Assert.Throws<ValidationException>(() => FleetNode.Build(
        [
            "--Fleet:Merchants:0:Code=MTILL001", "--Fleet:Merchants:0:Sandbox=true",
            "--Fleet:Merchants:0:SumUp:ApiKey=k",
        ])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_setting_of_the_wrong_type_is_named()
    {
        Assert.Contains("Fleet:SiloPort", Wrong("--silo-port=abc"), StringComparison.Ordinal);
        Assert.Contains("Fleet:Merchants:0:Sandbox", Wrong("--Fleet:Merchants:0:Sandbox=perhaps"),
            StringComparison.Ordinal);

        static string Wrong(string setting) =>
            Assert.Throws<ValidationException>(() => FleetNode.Build([setting])).Message;
    }
}
