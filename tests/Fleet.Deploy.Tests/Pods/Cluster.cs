using System.Security.Cryptography;
using System.Text;
using k8s.Models;

namespace Fleet.Deploy.Tests;

/// <summary>What a cluster has that manifests refer to: the secrets, and the image.</summary>
/// <param name="Secrets">Their keys and values, by their names.</param>
internal sealed record Cluster(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Secrets)
{
    public const string Merchant = "MPODS001", Key = "sup_sk_of_the_pods";

    /// <summary>With the merchants of k8s/merchants.example.env, and a database.</summary>
    public static Cluster Example(string postgres = "Host=db;Database=fleet") =>
        new(new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["fleet-postgres"] = new Dictionary<string, string> { ["connection-string"] = postgres },
            ["fleet-merchants"] = Settings.FillIn("k8s/merchants.example.env", new Dictionary<string, string>
            {
                ["<merchant code>"] = Merchant,
                ["<SHA-256 of the key>"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key))),
                ["<network of the gateway>"] = "10.244.0.0/16",
                ["<affiliate key of the tills' software>"] = "sup_afk_of_the_pods",
                ["<whsec_ and Base64 of 32 random bytes>"] =
                $"whsec_{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}",
            }),
        });

    /// <summary>The variables of a container: of the image, of secrets, of its own; a later one wins.</summary>
    public IReadOnlyDictionary<string, string> Environment(V1Container container, string pod, string address)
    {
        var all = new Dictionary<string, string>(Dockerfile.Ours.Environment);
        foreach (var from in container.EnvFrom ?? [])
            foreach (var (name, value) in Secrets[from.SecretRef.Name]) all[name] = value;
        foreach (var one in container.Env ?? []) all[one.Name] = one.Value ?? ValueOf(one.ValueFrom, pod, address);
        return all;
    }

    private string ValueOf(V1EnvVarSource source, string pod, string address) => source switch
    {
        { FieldRef.FieldPath: "status.podIP" } => address,
        { FieldRef.FieldPath: "metadata.name" } => pod,
        { SecretKeyRef: { } secret } => Secrets[secret.Name][secret.Key],
        _ => throw new NotSupportedException("A source of variables that these tests do not know."),
    };
}
